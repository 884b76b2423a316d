"""Upbit's wire as documented: the names of the fields, and an example frame of each type.

Typed in from the reference pages of docs.upbit.com (websocket-ticker 2026-09-22, -trade 2026-09-02,
-orderbook and -candle 2026-09-09), independently of the adapter's own tables.
"""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from tickwire.core.exchange import Payload
from tickwire.events import (
    BaseWebSocketEvent,
    CandleEvent,
    OrderbookEvent,
    OrderbookUnit,
    TickerEvent,
    TradeEvent,
)
from tickwire.exchanges.upbit import Upbit

RECEIVED_NS = 1_795_147_152_500_000_000


def _table(text: str) -> dict[str, tuple[str, str]]:
    rows = (line.split() for line in text.strip().splitlines())
    return {default: (simple, kind) for default, simple, kind in rows}


FIELDS: dict[type, dict[str, tuple[str, str]]] = {
    TickerEvent: _table("""
        type                   ty      string
        code                   cd      string
        opening_price          op      number
        high_price             hp      number
        low_price              lp      number
        trade_price            tp      number
        prev_closing_price     pcp     number
        acc_trade_price        atp     number
        change                 c       string
        change_price           cp      number
        signed_change_price    scp     number
        change_rate            cr      number
        signed_change_rate     scr     number
        ask_bid                ab      string
        trade_volume           tv      number
        acc_trade_volume       atv     number
        trade_date             tdt     string
        trade_time             ttm     string
        trade_timestamp        ttms    integer
        acc_ask_volume         aav     number
        acc_bid_volume         abv     number
        highest_52_week_price  h52wp   number
        highest_52_week_date   h52wdt  string
        lowest_52_week_price   l52wp   number
        lowest_52_week_date    l52wdt  string
        market_state           ms      string
        is_trading_suspended   its     bool?
        delisting_date         dd      date?
        market_warning         mw      string?
        timestamp              tms     integer
        acc_trade_price_24h    atp24h  number
        acc_trade_volume_24h   atv24h  number
        stream_type            st      string
        """),
    TradeEvent: _table("""
        type                   ty      string
        code                   cd      string
        timestamp              tms     integer
        trade_date             td      string
        trade_time             ttm     string
        trade_timestamp        ttms    integer
        trade_price            tp      number
        trade_volume           tv      number
        ask_bid                ab      string
        prev_closing_price     pcp     number
        change                 c       string
        change_price           cp      number
        sequential_id          sid     integer
        best_ask_price         bap     number?
        best_ask_size          bas     number?
        best_bid_price         bbp     number?
        best_bid_size          bbs     number?
        stream_type            st      string
        """),
    OrderbookEvent: _table("""
        type                   ty      string
        code                   cd      string
        timestamp              tms     integer
        total_ask_size         tas     number
        total_bid_size         tbs     number
        orderbook_units        obu     array
        stream_type            st      string
        level                  lv      number?
        """),
    OrderbookUnit: _table("""
        ask_price              ap      number
        bid_price              bp      number
        ask_size               as      number
        bid_size               bs      number
        """),
    CandleEvent: _table("""
        type                     ty      string
        code                     cd      string
        candle_date_time_utc     cdttmu  string
        candle_date_time_kst     cdttmk  string
        opening_price            op      number
        high_price               hp      number
        low_price                lp      number
        trade_price              tp      number
        candle_acc_trade_volume  catv    number
        candle_acc_trade_price   catp    number
        timestamp                tms     integer
        stream_type              st      string
        """),
}
"""DEFAULT name, SIMPLE name and kind of each field; `?` marks what may be absent or null."""

EVENTS: dict[str, type[BaseWebSocketEvent]] = {
    "ticker": TickerEvent,
    "trade": TradeEvent,
    "orderbook": OrderbookEvent,
    "candle.1m": CandleEvent,
}

# From the documentation: one frame of each type in each of the two vocabularies.
DEFAULT = {
    "ticker": (
        '{"type":"ticker","code":"KRW-BTC","opening_price":1.16120E8,"high_price":1.17050E8,'
        '"low_price":1.15800E8,"trade_price":1.16539E8,"prev_closing_price":1.16118E8,'
        '"acc_trade_price":84215533021.4412,"change":"RISE","change_price":421000.0,'
        '"signed_change_price":421000.0,"change_rate":0.0036256222,'
        '"signed_change_rate":0.0036256222,"ask_bid":"BID","trade_volume":0.00077720,'
        '"acc_trade_volume":723.11820433,"trade_date":"20261120","trade_time":"035912",'
        '"trade_timestamp":1795147152418,"acc_ask_volume":351.20411,'
        '"acc_bid_volume":371.91409433,"highest_52_week_price":1.79734E8,'
        '"highest_52_week_date":"2026-01-14","lowest_52_week_price":8.8113E7,'
        '"lowest_52_week_date":"2026-06-02","market_state":"ACTIVE",'
        '"is_trading_suspended":false,"delisting_date":null,"market_warning":"NONE",'
        '"timestamp":1795147152455,"acc_trade_price_24h":203118845120.10231,'
        '"acc_trade_volume_24h":1744.90213377,"stream_type":"SNAPSHOT"}'
    ),
    "trade": (
        '{"type":"trade","code":"KRW-ETH","timestamp":1795147152470,"trade_date":"2026-11-20",'
        '"trade_time":"03:59:12","trade_timestamp":1795147152418,"trade_price":4117000.0,'
        '"trade_volume":0.24290031,"ask_bid":"ASK","prev_closing_price":4098000.0,'
        '"change":"RISE","change_price":19000.0,"sequential_id":17951471524180000,'
        '"best_ask_price":4118000,"best_ask_size":3.11820114,"best_bid_price":4117000,'
        '"best_bid_size":0.98127721,"stream_type":"REALTIME"}'
    ),
    "orderbook": (
        '{"type":"orderbook","code":"KRW-XRP","timestamp":1795147152400,'
        '"total_ask_size":251034.11820000,"total_bid_size":198220.50991032,"orderbook_units":['
        '{"ask_price":3012.0,"bid_price":3011.0,"ask_size":10211.55120000,'
        '"bid_size":8230.10000000},'
        '{"ask_price":3013.0,"bid_price":3010.0,"ask_size":7021.00450000,'
        '"bid_size":15500.77120031}],"stream_type":"SNAPSHOT","level":0}'
    ),
    "candle.1m": (
        '{"type":"candle.1m","code":"KRW-BTC","candle_date_time_utc":"2026-11-20T03:59:00",'
        '"candle_date_time_kst":"2026-11-20T12:59:00","opening_price":1.16500E8,'
        '"high_price":1.16545E8,"low_price":1.16488E8,"trade_price":1.16539E8,'
        '"candle_acc_trade_volume":1.20711832,"candle_acc_trade_price":140650112.0912,'
        '"timestamp":1795147153002,"stream_type":"REALTIME"}'
    ),
}
SIMPLE = {
    "ticker": (
        '{"ty":"ticker","cd":"KRW-BTC","op":116120000,"hp":117050000,"lp":115800000,'
        '"tp":116539000,"pcp":116118000,"atp":84215533021.4412,"c":"RISE","cp":421000,'
        '"scp":421000,"cr":0.0036256222,"scr":0.0036256222,"ab":"BID","tv":7.772E-4,'
        '"atv":723.11820433,"tdt":"20261120","ttm":"035912","ttms":1795147152418,'
        '"aav":351.20411,"abv":371.91409433,"h52wp":179734000,"h52wdt":"2026-01-14",'
        '"l52wp":88113000,"l52wdt":"2026-06-02","ms":"ACTIVE","its":false,"dd":null,'
        '"mw":"NONE","tms":1795147152455,"atp24h":203118845120.10231,'
        '"atv24h":1744.90213377,"st":"REALTIME"}'
    ),
    "trade": (
        '{"ty":"trade","cd":"KRW-ETH","tms":1795147152470,"td":"2026-11-20","ttm":"03:59:12",'
        '"ttms":1795147152418,"tp":4117000,"tv":0.24290031,"ab":"ASK","pcp":4098000,"c":"RISE",'
        '"cp":19000,"sid":17951471524180000,"bap":4118000,"bas":3.11820114,"bbp":4117000,'
        '"bbs":0.98127721,"st":"REALTIME"}'
    ),
    "orderbook": (
        '{"ty":"orderbook","cd":"KRW-XRP","tms":1795147152400,"tas":251034.1182,'
        '"tbs":198220.50991032,"obu":[{"ap":3012,"bp":3011,"as":10211.5512,"bs":8230.1},'
        '{"ap":3013,"bp":3010,"as":7021.0045,"bs":15500.77120031}],"st":"REALTIME","lv":0}'
    ),
    "candle.1m": (
        '{"ty":"candle.1m","cd":"KRW-BTC","cdttmu":"2026-11-20T03:59:00",'
        '"cdttmk":"2026-11-20T12:59:00","op":116500000,"hp":116545000,"lp":116488000,'
        '"tp":116539000,"catv":1.20711832,"catp":140650112.0912,"tms":1795147153002,'
        '"st":"REALTIME"}'
    ),
}
DOCUMENTED = [
    pytest.param(kind, frame, id=f"{kind}-{vocabulary}")
    for vocabulary, frames in (("DEFAULT", DEFAULT), ("SIMPLE", SIMPLE))
    for kind, frame in frames.items()
]


def simple_from(default: str, event: type) -> str:
    """Derived by a rule: the DEFAULT message with each name replaced by its SIMPLE one."""
    names = FIELDS[event] | FIELDS[OrderbookUnit]
    return re.sub(r'"(\w+)":', lambda key: f'"{names[key[1]][0]}":', default)


def members(text: str) -> dict[str, str]:
    """The members of a JSON object, each with its value as it is spelled."""
    raw = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    return {name: bytes(value).decode() for name, value in raw.items()}


def text_of(parts: Mapping[str, str]) -> str:
    """The JSON object of such members."""
    return "{" + ",".join(f'"{name}":{value}' for name, value in parts.items()) + "}"


def altered(text: str, name: str, literal: str) -> str:
    """Derived by a rule: a frame with the value of one member replaced, also within a unit."""
    changed, count = re.subn(
        rf'"{name}":(?:"[^"]*"|[^,\[\]}}]+|\[.*\])', lambda _: f'"{name}":{literal}', text, count=1
    )
    assert count == 1, f"no {name} in {text}"
    return changed


def only_payload(frame: str | bytes) -> Payload:
    """The payload of a frame that holds just one."""
    (payload,) = Upbit().classify(frame.encode() if isinstance(frame, str) else frame)
    assert isinstance(payload, Payload)
    return payload


def decoded(frame: str | bytes) -> Any:
    """The event of a frame that holds just one. (Any: the tests know which one it is.)"""
    return Upbit().decode(only_payload(frame), RECEIVED_NS)


def assert_equals_wire(event: BaseWebSocketEvent, text: str) -> None:
    """Every field of the event is exactly what its text says, digit by digit."""
    wire = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    _assert_fields_equal(event, wire, short="ty" in wire)


def written_out(number: Decimal) -> Decimal:
    """The number as events give it: every digit, and a power of ten multiplied in."""
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)
    return Decimal(f"{number:f}") if 0 < exponent < 30 else number


def _assert_fields_equal(view: Any, wire: dict[str, Any], *, short: bool) -> None:
    for default, (simple, kind) in FIELDS[type(view)].items():
        told = wire.get(simple if short else default)
        value = getattr(view, "symbol" if default == "code" else default)
        if kind == "array":
            assert told is not None
            assert len(value) == len(told)
            for unit, told_unit in zip(value, told, strict=True):
                _assert_fields_equal(unit, told_unit, short=short)
        elif told is None:
            assert value is None
            assert kind.endswith("?")
        elif kind == "integer":
            assert type(value) is int
            assert Decimal(value) == told
        elif kind.startswith("number"):
            assert type(value) is Decimal
            assert value.as_tuple() == written_out(told).as_tuple()
        else:
            assert type(value) is type(told)
            assert value == told
