"""The quotation REST API as a pure function: a path and its parameters in, JSON text out.

Everything comes from the markets that feed the WebSocket, as they are at the moment of the call:
a book, a ticker, a trade or a candle says here what it says there. What came before the start is
made up (see `market.past`). `candles` and `trades` find what is asked for, and `quotation_bodies`
writes it down. Parameters that nobody knows are as if absent.

Source: the reference pages of docs.upbit.com (2026-07) and answers of the real API.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple

from tickwire.simulator.dates import DAY_MS, written
from tickwire.simulator.market.book import BOOK_DEPTH
from tickwire.simulator.market.history import CANDLES_KEPT, Period
from tickwire.simulator.market.instruments import Instrument
from tickwire.simulator.market.market import Market
from tickwire.simulator.rest import answers
from tickwire.simulator.rest.candles import (
    close_before,
    closes_in_won,
    days_of,
    long_candles,
    short_candles,
)
from tickwire.simulator.rest.quotation_bodies import (
    array,
    book_body,
    candle_body,
    converted_day_body,
    day_body,
    instrument_body,
    levels_body,
    ticker_body,
    trade_body,
)
from tickwire.simulator.rest.quotation_parameters import (
    INVALID,
    NO_CODE,
    TYPE,
    Mistake,
    Query,
    read_before_ms,
    read_count,
    read_days_ago,
    read_details,
    read_in_won,
    read_level,
    read_list,
    read_text,
    read_time_of_day_ms,
    read_whole,
)
from tickwire.simulator.rest.trades import trades_of

__all__ = ["GROUPS", "PATHS", "Answer", "Quotation", "group_of"]

GROUPS = ("market", "candle", "trade", "ticker", "orderbook")

_MOST_TRADES = 500
_MOST_CANDLES = CANDLES_KEPT
_MINUTES = (1, 3, 5, 10, 15, 30, 60, 240)


class Answer(NamedTuple):
    """What goes back: the HTTP status and the body."""

    status: int
    text: str


def group_of(path: str) -> str | None:
    """The rate-limit group that a path belongs to; `None` if there is no such path."""
    if path in PATHS:
        return PATHS[path][0]
    return "candle" if _CANDLE_PATH.fullmatch(path) else None


class Quotation:
    """The answers of one exchange. A tape's exchange knows its codes but has no markets."""

    def __init__(self, instruments: Iterable[Instrument], markets: Mapping[str, Market]) -> None:
        self._known = {one.code: one for one in instruments}
        self._markets = markets

    def answer(self, path: str, query: Query, now_ms: int) -> Answer:
        """The answer to a path that `group_of` knows, whatever the parameters."""
        try:
            if path in PATHS:
                return Answer(200, PATHS[path][1](self, query, now_ms))
            return Answer(200, self._candles(path, query))
        except Mistake as mistake:
            return Answer(mistake.status, answers.quotation_error(mistake.status, mistake.message))

    # --- whom it is about

    def _one(self, query: Query) -> Market | None:
        code = read_text(query, "market").upper()
        if code not in self._known:
            raise Mistake(*NO_CODE)
        return self._markets.get(code)

    def _several(self, query: Query) -> list[Instrument]:
        codes = read_list(query, "markets")
        if not codes.keys() <= self._known.keys():
            raise Mistake(*NO_CODE)
        return [self._known[code] for code in codes]

    def _live(self, instruments: Iterable[Instrument]) -> Iterator[Market]:
        for one in instruments:
            if one.code in self._markets:
                yield self._markets[one.code]

    # --- answers

    def _market_all(self, query: Query, now_ms: int) -> str:
        return answers.market_list(self._known.values(), details=read_details(query))

    def _tickers(self, query: Query, now_ms: int) -> str:
        return array(ticker_body(market) for market in self._live(self._several(query)))

    def _all_tickers(self, query: Query, now_ms: int) -> str:
        quotes = read_list(query, "quote_currencies")
        if not quotes.keys() <= {one.quote for one in self._known.values()}:
            raise Mistake(*NO_CODE)
        chosen = (one for one in self._known.values() if one.quote in quotes)
        return array(ticker_body(market) for market in self._live(chosen))

    def _books(self, query: Query, now_ms: int) -> str:
        chosen = self._several(query)
        depth = read_count(query, most=BOOK_DEPTH, default=BOOK_DEPTH)
        level = read_level(query)
        return array(
            book_body(market, depth, level)
            for market in self._live(chosen)
            if not level or level in market.instrument.levels
        )

    def _book_instruments(self, query: Query, now_ms: int) -> str:
        return array(instrument_body(one, self._price(one)) for one in self._several(query))

    def _price(self, instrument: Instrument) -> int:
        market = self._markets.get(instrument.code)
        return instrument.price if market is None else market.trade.price

    def _book_levels(self, query: Query, now_ms: int) -> str:
        return array(levels_body(one) for one in self._several(query))

    def _trades(self, query: Query, now_ms: int) -> str:
        market = self._one(query)
        count = read_count(query, most=_MOST_TRADES, default=1)
        days_ago = read_days_ago(query)
        cursor = read_whole(query, "cursor")
        since_ms = (now_ms // DAY_MS - days_ago) * DAY_MS
        before_ms = since_ms + read_time_of_day_ms(query)
        if market is None:
            return "[]"
        found = trades_of(market, since_ms, before_ms, cursor)
        prev_closing = close_before(market, since_ms)
        return array(trade_body(market.code, one, prev_closing) for one in islice(found, count))

    def _candles(self, path: str, query: Query) -> str:
        asked = _CANDLE_PATH.fullmatch(path)
        assert asked is not None
        unit, minutes = asked.groups()
        if minutes is not None:
            if not re.fullmatch(r"\d{1,9}", minutes, re.ASCII):
                raise Mistake(*TYPE)
            if int(minutes) not in _MINUTES:
                raise Mistake(*INVALID)
        market = self._one(query)
        count = read_count(query, most=_MOST_CANDLES, default=1)
        before_ms = read_before_ms(query)
        in_won = unit == "days" and read_in_won(query)
        if market is None:
            return "[]"
        if unit == "days":
            days = (day for day in days_of(market) if day.start_ms < before_ms)
            return self._days(market, list(islice(days, count)), in_won=in_won)
        return array(islice(_candle_texts(market, unit, minutes, before_ms), count))

    def _days(self, market: Market, days: list[Period], *, in_won: bool) -> str:
        if not in_won:
            return array(day_body(market.code, day) for day in days)
        quote = market.instrument.quote
        closes: list[int | None] = [day.close for day in days]
        if quote != "KRW":
            closes = closes_in_won(days, self._markets.get(f"KRW-{quote}"))
        return array(
            converted_day_body(market.code, day, close)
            for day, close in zip(days, closes, strict=True)
        )


def _candle_texts(market: Market, unit: str, minutes: str | None, before_ms: int) -> Iterator[str]:
    """Candles of every unit but the day."""
    if unit == "seconds":
        for one in short_candles(market, 1_000, before_ms):
            yield candle_body(market.code, one)
    elif minutes is not None:
        for one in short_candles(market, int(minutes) * 60_000, before_ms):
            yield candle_body(market.code, one, unit=str(int(minutes)))
    else:
        for one in long_candles(market, unit):
            if one.start_ms < before_ms:
                first_day = f'"{written(one.start_ms).date}"'
                yield candle_body(market.code, one, first_day_of_period=first_day)


_Handler = Callable[[Quotation, Query, int], str]
# Path to rate-limit group and answer; candles have a pattern of their own.
PATHS: dict[str, tuple[str, _Handler]] = {
    "/v1/market/all": ("market", Quotation._market_all),
    "/v1/ticker": ("ticker", Quotation._tickers),
    "/v1/ticker/all": ("ticker", Quotation._all_tickers),
    "/v1/orderbook": ("orderbook", Quotation._books),
    "/v1/orderbook/instruments": ("orderbook", Quotation._book_instruments),
    "/v1/orderbook/supported_levels": ("orderbook", Quotation._book_levels),
    "/v1/trades/ticks": ("trade", Quotation._trades),
}
_CANDLE_PATH = re.compile(r"/v1/candles/(seconds|minutes/([^/]*)|days|weeks|months|years)")
