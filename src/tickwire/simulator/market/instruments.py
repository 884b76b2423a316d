"""The markets that the local exchange knows: code, names, a typical price, how busy it is.

The numbers of markets are Upbit's of 2026-09-23: 289 KRW, 328 BTC, 238 USDT, over 358 base assets.
The best-known assets are real; the others have made-up names, always the same ones. Prices are
plausible and nothing more.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from tickwire.simulator.market.ticks import tick_table
from tickwire.simulator.spelling import UNIT

__all__ = ["MARKET_COUNT", "MAX_RATE", "Instrument", "instruments", "named"]

MARKET_COUNT = 855
# Here the busiest markets have an order every other millisecond; each holds one at most.
MAX_RATE = 100.0
_ASSETS, _KRW, _BTC, _USDT = 358, 289, 328, 238

# Code, English name, Korean name, typical price in won. Busiest first.
_REAL = """\
BTC|Bitcoin|비트코인|116500000
ETH|Ethereum|이더리움|4117000
XRP|XRP|엑스알피|3012
SOL|Solana|솔라나|201500
DOGE|Dogecoin|도지코인|241
ADA|Ada|에이다|812
DOT|Polkadot|폴카닷|5620
AVAX|Avalanche|아발란체|28400
MATIC|Polygon|폴리곤|512
USDT|Tether|테더|1412
TRX|TRON|트론|451
LINK|Chainlink|체인링크|21350
SHIB|Shiba Inu|시바이누|0.01412
SUI|Sui|수이|3985
XLM|Stellar Lumen|스텔라루멘|402
HBAR|Hedera|헤데라|268
BCH|Bitcoin Cash|비트코인캐시|742500
NEAR|NEAR Protocol|니어프로토콜|3415
APT|Aptos|앱토스|5240
ETC|Ethereum Classic|이더리움클래식|24180
UNI|Uniswap|유니스왑|9875
AAVE|Aave|에이브|331200
ARB|Arbitrum|아비트럼|478
ATOM|Cosmos|코스모스|4870
ALGO|Algorand|알고랜드|271
PEPE|Pepe|페페|0.01085
SEI|Sei|세이|312
STX|Stacks|스택스|731
BONK|Bonk|봉크|0.02215
SAND|The Sandbox|샌드박스|332
MANA|Decentraland|디센트럴랜드|356
AXS|Axie Infinity|엑시인피니티|2874
IMX|Immutable|이뮤터블엑스|689
GRT|The Graph|더그래프|104
VET|VeChain|비체인|29.4
XTZ|Tezos|테조스|892
EGLD|MultiversX|멀티버스엑스|18920
FLOW|Flow|플로우|436
NEO|Neo|네오|7385
QTUM|Qtum|퀀텀|2741
WAVES|Waves|웨이브|1523
ONDO|Ondo Finance|온도파이낸스|1124
ENA|Ethena|에테나|618
JUP|Jupiter|주피터|521
PYTH|Pyth Network|피스네트워크|178
TIA|Celestia|셀레스티아|2215
ZRO|LayerZero|레이어제로|2894
W|Wormhole|웜홀|112
BLUR|Blur|블러|98.7
CHZ|Chiliz|칠리즈|52.3
BAT|Basic Attention Token|베이직어텐션토큰|214
ZIL|Zilliqa|질리카|14.8
ICX|ICON|아이콘|168
ONT|Ontology|온톨로지|198
IOTA|IOTA|아이오타|276
KAVA|Kava|카바|537
MINA|Mina|미나|231
GAS|GAS|가스|3874
STEEM|Steem|스팀|187
HIVE|Hive|하이브|268
THETA|Theta Network|쎄타토큰|978
ELF|aelf|엘프|231
SNT|Status Network Token|스테이터스네트워크토큰|36.4
STORJ|Storj|스토리지|352
BSV|Bitcoin SV|비트코인에스브이|34250
BTT|BitTorrent|비트토렌트|0.000912
XEC|eCash|이캐시|0.02987
1INCH|1inch Network|1인치네트워크|341
CVC|Civic|시빅|132
POWR|Powerledger|파워렛저|215"""

# Made-up names are put together from these, in Latin and in Korean letters.
_LATIN = "KAROMINUTELASOVIDOPEHAJUBEGONITALUSEMORI"
_KOREAN = "카로미누테라소비도페하주베고니타루세모리"
_SYLLABLES = [(_LATIN[2 * n : 2 * n + 2], korean) for n, korean in enumerate(_KOREAN)]

# The first of all lists, however short: what users' own tests ask for.
_MAJORS = [f"KRW-{base}" for base in ("BTC", "ETH", "XRP", "SOL", "DOGE", "ADA", "DOT", "AVAX")]

# Shares of the 100 ms grid points at which a market's book moves and orders per second, at the
# head of each quote currency's list; both fall off along the list. Chosen so that all 855 markets
# together send about 800 books and 200 trades a second, as measured on the real wire.
_PACE = {"KRW": (0.95, 5.0), "BTC": (0.25, 1.5), "USDT": (0.35, 2.5)}
_QUIET_SHARE = 0.2
_QUIET = (0.0004, 0.002)


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One market.

    Units: `price` is an integer of 1e-8 of the quote currency and lies on the price grid,
    `book_pace` the moves of the book per 100 ms grid point (below one the share of grid points
    at which it moves at all), `order_pace` the taker orders per second.
    """

    code: str
    korean_name: str
    english_name: str
    price: int
    book_pace: float
    order_pace: float

    @property
    def quote(self) -> str:
        return self.code.partition("-")[0]

    @property
    def levels(self) -> tuple[int, ...]:
        """The price groupings that orderbooks of this market offer, beside none."""
        if self.quote != "KRW":
            return ()
        step = tick_table("KRW").tick(self.price)
        return tuple(step * 10**n for n in range(1, 7) if step * 10**n <= self.price)


def instruments(count: int = MARKET_COUNT, rate: float = 1.0) -> tuple[Instrument, ...]:
    """The first `count` markets: the won majors, then the three quote currencies interleaved.

    At `rate` X books move and orders come X times as often. Books stay on their grid: a market that
    moves at every point tells no more books than that, but moves further from each to the next.
    What the grid cannot carry is therefore missing from the books, not from trades and tickers.
    """
    return tuple(
        one
        if rate == 1
        else replace(one, book_pace=one.book_pace * rate, order_pace=one.order_pace * rate)
        for one in _everything()[:count]
    )


def named(code: str) -> Instrument:
    """The market of this code, as far as anything is known about it beside the code."""
    for instrument in _everything():
        if instrument.code == code:
            return instrument
    base = code.rpartition("-")[2]
    return Instrument(
        code=code, korean_name=base, english_name=base, price=UNIT, book_pace=0, order_pace=0
    )


@cache
def _everything() -> tuple[Instrument, ...]:
    assets = list(_assets())
    btc = next(asset for asset in assets if asset[0] == "BTC")[3]
    usdt = next(asset for asset in assets if asset[0] == "USDT")[3]
    # Every asset has a market: those too small for won are quoted in BTC.
    others = [asset for asset in assets if asset[0] != "BTC"]
    in_btc = others[: _BTC - (_ASSETS - _KRW)] + assets[_KRW:]
    in_usdt = [asset for asset in assets if asset[0] != "USDT"][:_USDT]

    lists = [
        [
            _instrument(quote, asset, worth, index / len(members), index)
            for index, asset in enumerate(members)
        ]
        for quote, members, worth in (
            ("KRW", assets[:_KRW], 1.0),
            ("BTC", in_btc, btc),
            ("USDT", in_usdt, usdt),
        )
    ]
    majors = [one for one in lists[0] if one.code in _MAJORS]
    lists[0] = lists[0][len(majors) :]
    # Each at its even place along the whole: a prefix has the quotes in their proportion.
    spread = sorted(
        ((index + 0.5) / len(members), order, index)
        for order, members in enumerate(lists)
        for index in range(len(members))
    )
    return (*majors, *(lists[order][index] for _, order, index in spread))


def _assets() -> Iterator[tuple[str, str, str, float]]:
    """All base assets: code, English and Korean name, price in won; busiest first."""
    taken = set()
    for line in _REAL.splitlines():
        code, english, korean, price = line.split("|")
        taken.add(code)
        yield code, english, korean, float(price)
    missing = _ASSETS - len(taken)
    for number in range(missing * 2):
        if not missing:
            return
        # 7 and 3 walk through the syllables in an order that does not look like counting.
        first = _SYLLABLES[number * 7 % 20]
        second = _SYLLABLES[(number // 20 * 3 + number) % 20]
        third = _SYLLABLES[(number * 3 + number // 7) % 20] if number % 3 == 0 else ("", "")
        code = first[0] + second[0] + third[0][:1]
        if code in taken:
            continue
        taken.add(code)
        missing -= 1
        korean = first[1] + second[1] + third[1]
        # From 0.02 to 20,000 won, spread evenly over the orders of magnitude.
        yield code, code.capitalize(), korean, 10 ** (-1.7 + 6 * (number * 37 % 101) / 101)


def _instrument(
    quote: str, asset: tuple[str, str, str, float], worth: float, place: float, rank: int
) -> Instrument:
    """The market of an asset in a quote currency that is itself worth `worth` won."""
    code, english, korean, won = asset
    price = int(won / worth * UNIT)
    if quote == "BTC":
        # Below some dozens of ticks a book has no room to move.
        price = max(price, 60 + rank)
    book, orders = _PACE[quote]
    if place >= 1 - _QUIET_SHARE:
        book, orders = _QUIET
    else:
        book = max(_QUIET[0], book * math.exp(-5.5 * place))
        orders = orders / (1 + rank / 4)
    return Instrument(
        code=f"{quote}-{code}",
        korean_name=korean,
        english_name=english,
        price=tick_table(quote).align(price),
        book_pace=book,
        order_pace=orders,
    )
