"""The quotation REST API as a pure function: a path and its parameters in, JSON text out.

Everything comes from the markets that feed the WebSocket, as they are at the moment of the call:
a book, a ticker, a trade or a candle says here what it says there. What came before the start is
made up (see `past`). A candle into which the start falls counts from the start on, as it does on
the WebSocket; a day counts all day, as the ticker does.

Source: the reference pages of docs.upbit.com (2026-07) and answers of the real API. Where neither
says what happens, the mild reading is taken: a `count` above the most is the most, `to` empty or a
parameter that nobody knows is as if absent.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import NamedTuple

from tickwire.simulator.dates import DAY_MS, written
from tickwire.simulator.market.book import BOOK_DEPTH, grouped
from tickwire.simulator.market.candles import CANDLE_SPANS_MS
from tickwire.simulator.market.history import CANDLES_KEPT, Period
from tickwire.simulator.market.instruments import Instrument
from tickwire.simulator.market.market import Market
from tickwire.simulator.market.past import SPANS_MS, Past, PastTrade
from tickwire.simulator.market.ticks import tick_table
from tickwire.simulator.rest import answers
from tickwire.simulator.spelling import (
    UNIT,
    VALUE_DECIMALS,
    default_price,
    default_size,
    plain,
    units,
)
from tickwire.simulator.wire.frames import DEFAULT, change_of, orderbook_units

__all__ = ["GROUPS", "PATHS", "Answer", "Mistake", "Quotation", "group_of"]

GROUPS = ("market", "candle", "trade", "ticker", "orderbook")

_MOST_TRADES = 500
_MOST_CANDLES = CANDLES_KEPT
_MINUTES = (1, 3, 5, 10, 15, 30, 60, 240)
# Units of candles that are put together from a shorter one that divides them.
_MADE_OF_MS = {180_000: 60_000, 900_000: 300_000}

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1)
_FAR_MS = 1 << 60

_Query = Mapping[str, str]


class Answer(NamedTuple):
    """What goes back: the HTTP status and the body."""

    status: int
    text: str


class Mistake(Exception):
    """The caller asked wrongly; status and message are Upbit's."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


_MISSING = (400, "Missing request parameter error. Check the required parameters!")
_TYPE = (400, "Type mismatch error. Check the parameters type!")
_INVALID = (400, "Invalid parameter. Check the given value!")
_NO_CODE = (404, "Code not found")


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

    def answer(self, path: str, query: _Query, now_ms: int) -> Answer:
        """The answer to a path that `group_of` knows, whatever the parameters."""
        try:
            if path in PATHS:
                return Answer(200, PATHS[path][1](self, query, now_ms))
            return Answer(200, self._candles(path, query))
        except Mistake as mistake:
            return Answer(mistake.status, answers.quotation_error(mistake.status, mistake.message))

    # --- what is asked for

    def _one(self, query: _Query) -> Market | None:
        code = _required(query, "market").upper()
        if code not in self._known:
            raise Mistake(*_NO_CODE)
        return self._markets.get(code)

    def _several(self, query: _Query) -> list[Instrument]:
        codes = dict.fromkeys(_required(query, "markets").upper().split(","))
        if not codes.keys() <= self._known.keys():
            raise Mistake(*_NO_CODE)
        return [self._known[code] for code in codes]

    def _live(self, instruments: Iterable[Instrument]) -> Iterator[Market]:
        for one in instruments:
            if one.code in self._markets:
                yield self._markets[one.code]

    # --- answers

    def _market_all(self, query: _Query, now_ms: int) -> str:
        asked = query.get("is_details") or query.get("isDetails") or "false"
        if asked.lower() not in ("true", "false"):
            raise Mistake(*_TYPE)
        return answers.market_list(self._known.values(), details=asked.lower() == "true")

    def _tickers(self, query: _Query, now_ms: int) -> str:
        return _array(_ticker(market) for market in self._live(self._several(query)))

    def _all_tickers(self, query: _Query, now_ms: int) -> str:
        quotes = set(_required(query, "quote_currencies").upper().split(","))
        if not quotes <= {one.quote for one in self._known.values()}:
            raise Mistake(*_NO_CODE)
        chosen = (one for one in self._known.values() if one.quote in quotes)
        return _array(_ticker(market) for market in self._live(chosen))

    def _books(self, query: _Query, now_ms: int) -> str:
        chosen = self._several(query)
        depth = _count(query, most=BOOK_DEPTH, default=BOOK_DEPTH)
        level = _level(query)
        return _array(
            _book(market, depth, level)
            for market in self._live(chosen)
            if not level or level in market.instrument.levels
        )

    def _book_instruments(self, query: _Query, now_ms: int) -> str:
        return _array(
            _object(
                market=f'"{one.code}"',
                quote_currency=f'"{one.quote}"',
                tick_size=f'"{plain(tick_table(one.quote).tick(self._price(one)))}"',
                supported_levels=_array(f'"{plain(level)}"' for level in (0, *one.levels)),
            )
            for one in self._several(query)
        )

    def _price(self, instrument: Instrument) -> int:
        market = self._markets.get(instrument.code)
        return instrument.price if market is None else market.trade.price

    def _book_levels(self, query: _Query, now_ms: int) -> str:
        return _array(
            _object(
                market=f'"{one.code}"',
                supported_levels=_array(plain(level) for level in (0, *one.levels)),
            )
            for one in self._several(query)
        )

    def _trades(self, query: _Query, now_ms: int) -> str:
        market = self._one(query)
        count = _count(query, most=_MOST_TRADES, default=1)
        days_ago = _whole(query, "days_ago")
        if days_ago is not None and not 1 <= days_ago <= 7:
            raise Mistake(*_INVALID)
        cursor = _whole(query, "cursor")
        since_ms = (now_ms // DAY_MS - (days_ago or 0)) * DAY_MS
        before_ms = since_ms + _time_of_day_ms(query)
        if market is None:
            return "[]"
        found = _trades_of(market, since_ms, before_ms, cursor)
        closes = _closes(market, since_ms)
        return _array(_trade(market.code, one, closes) for one in islice(found, count))

    def _candles(self, path: str, query: _Query) -> str:
        asked = _CANDLE_PATH.fullmatch(path)
        assert asked is not None
        unit, minutes = asked.groups()
        if unit.startswith("minutes") and minutes is not None:
            if not re.fullmatch(r"\d{1,9}", minutes, re.ASCII):
                raise Mistake(*_TYPE)
            if int(minutes) not in _MINUTES:
                raise Mistake(*_INVALID)
        market = self._one(query)
        count = _count(query, most=_MOST_CANDLES, default=1)
        before_ms = _before_ms(query)
        if unit == "days":
            return self._days(market, query, before_ms, count)
        if market is None:
            return "[]"
        if unit == "seconds":
            found = _periods(market, 1_000, before_ms)
            return _array(_candle(market.code, one) for one in islice(found, count))
        if unit.startswith("minutes"):
            found = _periods(market, int(minutes) * 60_000, before_ms)
            return _array(_candle(market.code, one, unit=minutes) for one in islice(found, count))
        start_of = _LONG_UNITS[unit]
        found = (one for one in _merged(_days_of(market), start_of) if one.start_ms < before_ms)
        return _array(
            _candle(market.code, one, first_day_of_period=f'"{written(one.start_ms).date}"')
            for one in islice(found, count)
        )

    def _days(self, market: Market | None, query: _Query, before_ms: int, count: int) -> str:
        currency = query.get("converting_price_unit") or None
        if currency is not None and currency.upper() != "KRW":
            raise Mistake(*_INVALID)
        if market is None:
            return "[]"
        found = (one for one in _days_of(market) if one.start_ms < before_ms)
        days = list(islice(found, count))
        converted = self._in_won(market, days) if currency is not None else None
        return _array(
            _day(market.code, day, None if converted is None else converted[index])
            for index, day in enumerate(days)
        )

    def _in_won(self, market: Market, days: list[Period]) -> list[str]:
        """The closes in won, at the close of the quote currency on the same day."""
        quote = market.instrument.quote
        if quote == "KRW":
            return [default_price(day.close) for day in days]
        rates: dict[int, int] = {}
        through = self._markets.get(f"KRW-{quote}")
        if through is not None and days:
            for day in _days_of(through):
                rates[day.start_ms] = day.close
                if day.start_ms <= days[-1].start_ms:
                    break
        return [
            default_price(day.close * rates[day.start_ms] // UNIT)
            if day.start_ms in rates
            else "null"
            for day in days
        ]


_Handler = Callable[[Quotation, _Query, int], str]
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


# --- reading parameters


def _required(query: _Query, name: str) -> str:
    value = query.get(name)
    if not value:
        raise Mistake(*_MISSING)
    return value


def _whole(query: _Query, name: str) -> int | None:
    value = query.get(name)
    if not value:
        return None
    if not re.fullmatch(r"[+-]?\d{1,19}", value, re.ASCII):
        raise Mistake(*_TYPE)
    return int(value)


def _count(query: _Query, *, most: int, default: int) -> int:
    count = _whole(query, "count")
    if count is None:
        return default
    if count < 1:
        raise Mistake(*_INVALID)
    return min(count, most)


def _level(query: _Query) -> int:
    value = query.get("level") or "0"
    if not re.fullmatch(r"\d{1,12}(\.\d{1,20})?", value, re.ASCII):
        raise Mistake(*_TYPE)
    whole, _, fraction = value.partition(".")
    fraction = fraction.rstrip("0")
    # Finer than any price: a grouping that no market has.
    return -1 if len(fraction) > 8 else units(f"{whole}.{fraction}")


def _time_of_day_ms(query: _Query) -> int:
    value = query.get("to")
    if not value:
        return DAY_MS
    match = re.fullmatch(r"(\d\d):(\d\d):(\d\d)|(\d\d)(\d\d)(\d\d)", value, re.ASCII)
    if match is None:
        raise Mistake(*_INVALID)
    hour, minute, second = (int(part) for part in match.groups() if part is not None)
    if hour > 23 or minute > 59 or second > 59:
        raise Mistake(*_INVALID)
    return ((hour * 60 + minute) * 60 + second) * 1_000


def _before_ms(query: _Query) -> int:
    value = query.get("to")
    if not value:
        return _FAR_MS
    # A plus sign that was not escaped arrives as a space.
    value = re.sub(r" (?=\d\d:?\d\d$)(?<=:\d\d )", "+", value.strip())
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise Mistake(*_INVALID) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    # Exclusive: of a fraction of a millisecond the next whole one is as good a bound.
    return -((_EPOCH - moment) // timedelta(milliseconds=1))


# --- trades


class _Told(NamedTuple):
    """A trade, kept or made up."""

    at_ms: int
    sequential_id: int
    price: int
    size: int
    ask_bid: str


def _trades_of(
    market: Market, since_ms: int, before_ms: int, cursor: int | None
) -> Iterator[_Told | PastTrade]:
    """Trades of a stretch, newest first; those that come after `cursor` in this order.

    Ids step back now and then, so where the cursor is a trade that is kept its place counts, and
    its number otherwise.
    """
    kept = [
        _Told(one.at_ms, one.sequential_id, one.price, one.size, one.ask_bid)
        for one in market.history.trades()
        if since_ms <= one.at_ms < before_ms
    ]
    if cursor is not None:
        place = next((at for at, one in enumerate(kept) if one.sequential_id == cursor), None)
        if place is not None:
            del kept[: place + 1]
            cursor = None
        else:
            kept = [one for one in kept if one.sequential_id < cursor]
            before_ms = max(since_ms, min(before_ms, cursor // 10_000 + 1))
    yield from kept
    for one in market.past.trades(before_ms, since_ms):
        if cursor is None or one.sequential_id < cursor:
            yield one


def _closes(market: Market, since_ms: int) -> int:
    """The close before the day that begins at `since_ms`."""
    for day in _days_of(market):
        if day.start_ms == since_ms:
            return day.prev_closing_price
        if day.start_ms < since_ms:
            return day.close
    return market.figures.prev_closing_price


def _trade(code: str, trade: _Told | PastTrade, prev_closing: int) -> str:
    when = written(trade.at_ms)
    change = change_of(trade.price, prev_closing, DEFAULT.short)
    return _object(
        market=f'"{code}"',
        trade_date_utc=f'"{when.date}"',
        trade_time_utc=f'"{when.time}"',
        timestamp=str(trade.at_ms),
        trade_price=change.price,
        trade_volume=default_size(trade.size),
        prev_closing_price=default_price(prev_closing),
        change_price=change.signed,
        ask_bid=f'"{trade.ask_bid}"',
        sequential_id=str(trade.sequential_id),
    )


# --- candles


def _periods(market: Market, span_ms: int, before_ms: int) -> Iterator[Period]:
    """The candles of a unit up to four hours that begin before this moment, newest first."""
    for one in _kept_periods(market, span_ms):
        if one.start_ms < before_ms:
            yield one
    until_ms = market.past.until_ms
    start_ms = until_ms - until_ms % span_ms
    yield from _past_periods(market.past, span_ms, min(before_ms, start_ms))


def _kept_periods(market: Market, span_ms: int) -> Iterator[Period]:
    if span_ms == 1_000:
        yield from market.history.seconds()
        return
    latest = market.candles.latest(_TYPES[span_ms])
    if latest is not None:
        yield Period(
            latest.start_ms,
            latest.open,
            latest.high,
            latest.low,
            latest.close,
            latest.volume,
            latest.value,
            latest.timestamp,
        )
    yield from market.history.candles(span_ms)


def _past_periods(past: Past, span_ms: int, before_ms: int) -> Iterator[Period]:
    part_ms = _MADE_OF_MS.get(span_ms, span_ms)
    assert part_ms in SPANS_MS
    # The candle that contains the bound is wanted whole.
    end_ms = before_ms + -before_ms % span_ms
    parts = (
        Period(
            node.start_ms,
            node.open,
            node.high,
            node.low,
            node.close,
            node.volume,
            _typical_value(node.open, node.high, node.low, node.close, node.volume),
            past.last_ms(node, part_ms),
        )
        for node in past.nodes(part_ms, end_ms)
    )
    if part_ms == span_ms:
        return parts
    return _merged(parts, lambda start_ms: start_ms - start_ms % span_ms)


def _typical_value(first: int, high: int, low: int, last: int, volume: int) -> int:
    """What so much is worth at the mean of the four prices."""
    return volume * (first + high + low + last) // 4


def _days_of(market: Market) -> Iterator[Period]:
    """All days, newest first."""
    yield market.today()
    yield from market.history.days()
    past = market.past
    today_ms = past.until_ms - past.until_ms % DAY_MS
    for node in past.days():
        # The day of the start goes on behind it, and is among those above.
        if node.start_ms < today_ms:
            yield Period(
                node.start_ms,
                node.open,
                node.high,
                node.low,
                node.close,
                node.volume,
                _typical_value(node.open, node.high, node.low, node.close, node.volume),
                past.last_ms(node, DAY_MS),
                node.open,
            )


def _merged(parts: Iterable[Period], start_of: Callable[[int], int]) -> Iterator[Period]:
    """Candles of a longer unit, from those of a shorter one; both newest first."""
    whole: Period | None = None
    for part in parts:
        start_ms = start_of(part.start_ms)
        if whole is None or whole.start_ms != start_ms:
            if whole is not None:
                yield whole
            whole = part._replace(start_ms=start_ms)
        else:
            whole = Period(
                start_ms,
                part.open,
                max(whole.high, part.high),
                min(whole.low, part.low),
                whole.close,
                whole.volume + part.volume,
                whole.value + part.value,
                whole.timestamp,
            )
    if whole is not None:
        yield whole


def _week(start_ms: int) -> int:
    # 1970 began on a Thursday; weeks begin on Monday.
    return start_ms - (start_ms // DAY_MS + 3) % 7 * DAY_MS


def _month(start_ms: int) -> int:
    day = _EPOCH_DAY + timedelta(days=start_ms // DAY_MS)
    return (day.replace(day=1) - _EPOCH_DAY).days * DAY_MS


def _year(start_ms: int) -> int:
    day = _EPOCH_DAY + timedelta(days=start_ms // DAY_MS)
    return (day.replace(month=1, day=1) - _EPOCH_DAY).days * DAY_MS


_LONG_UNITS = {"weeks": _week, "months": _month, "years": _year}
_TYPES = {span: candle_type for candle_type, span in CANDLE_SPANS_MS.items()}


def _candle(code: str, candle: Period, **more: str) -> str:
    when = written(candle.start_ms)
    return _object(
        market=f'"{code}"',
        candle_date_time_utc=f'"{when.utc}"',
        candle_date_time_kst=f'"{when.kst}"',
        opening_price=default_price(candle.open),
        high_price=default_price(candle.high),
        low_price=default_price(candle.low),
        trade_price=default_price(candle.close),
        timestamp=str(candle.timestamp),
        candle_acc_trade_price=plain(candle.value, VALUE_DECIMALS),
        candle_acc_trade_volume=plain(candle.volume),
        **more,
    )


def _day(code: str, day: Period, converted: str | None) -> str:
    change = change_of(day.close, day.prev_closing_price, DEFAULT.short)
    more = {} if converted is None else {"converted_trade_price": converted}
    return _candle(
        code,
        day,
        prev_closing_price=default_price(day.prev_closing_price),
        change_price=change.signed,
        change_rate=change.signed_rate,
        **more,
    )


# --- tickers and books


def _ticker(market: Market) -> str:
    trade, figures = market.trade, market.figures
    when, kst = written(trade.trade_timestamp), written(trade.trade_timestamp + 9 * 3_600_000)
    change = change_of(trade.price, figures.prev_closing_price, DEFAULT.short)
    return _object(
        market=f'"{market.code}"',
        trade_date=f'"{when.compact_date}"',
        trade_time=f'"{when.compact_time}"',
        trade_date_kst=f'"{kst.compact_date}"',
        trade_time_kst=f'"{kst.compact_time}"',
        trade_timestamp=str(trade.trade_timestamp),
        opening_price=default_price(figures.open),
        high_price=default_price(figures.high),
        low_price=default_price(figures.low),
        trade_price=change.price,
        prev_closing_price=default_price(figures.prev_closing_price),
        change=f'"{change.direction}"',
        change_price=change.distance,
        change_rate=change.rate,
        signed_change_price=change.signed,
        signed_change_rate=change.signed_rate,
        trade_volume=default_size(trade.size),
        acc_trade_price=plain(figures.acc_value, VALUE_DECIMALS),
        acc_trade_price_24h=plain(figures.acc_value_24h, VALUE_DECIMALS),
        acc_trade_volume=plain(figures.acc_volume),
        acc_trade_volume_24h=plain(figures.acc_volume_24h),
        highest_52_week_price=default_price(figures.highest_52_week_price),
        highest_52_week_date=f'"{figures.highest_52_week_date}"',
        lowest_52_week_price=default_price(figures.lowest_52_week_price),
        lowest_52_week_date=f'"{figures.lowest_52_week_date}"',
        timestamp=str(trade.timestamp),
    )


def _book(market: Market, depth: int, level: int) -> str:
    asks, bids = market.asks, market.bids
    if level:
        asks = grouped(asks, level, asks=True)
        bids = grouped(bids, level, asks=False)
    return _object(
        market=f'"{market.code}"',
        timestamp=str(market.book_ms),
        total_ask_size=default_size(sum([one.size for one in asks])),
        total_bid_size=default_size(sum([one.size for one in bids])),
        orderbook_units=f"[{orderbook_units(asks[:depth], bids[:depth], depth, DEFAULT.short)}]",
        level=plain(level),
    )


def _object(**members: str) -> str:
    return "{" + ",".join([f'"{name}":{text}' for name, text in members.items()]) + "}"


def _array(members: Iterable[str]) -> str:
    return "[" + ",".join(members) + "]"
