"""The candles of a market in every unit, newest first.

The one under way comes first, then those that are kept, and behind them the made-up ones. A candle
into which the start falls counts from the start on, as it does on the WebSocket; a day counts all
day, as the ticker does.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta

from tickwire.simulator.dates import DAY_MS
from tickwire.simulator.market.candles import CANDLE_SPANS_MS
from tickwire.simulator.market.history import Period
from tickwire.simulator.market.market import Market
from tickwire.simulator.market.past import SPANS_MS, Node, Past
from tickwire.simulator.spelling import UNIT

__all__ = ["close_before", "closes_in_won", "days_of", "long_candles", "short_candles"]

# Units of candles that are put together from a shorter one that divides them.
_MADE_OF_MS = {180_000: 60_000, 900_000: 300_000}
_TYPES = {span: candle_type for candle_type, span in CANDLE_SPANS_MS.items()}

_EPOCH_DAY = date(1970, 1, 1)


def short_candles(market: Market, span_ms: int, before_ms: int) -> Iterator[Period]:
    """The candles of a unit up to four hours that begin before this moment."""
    for one in _kept(market, span_ms):
        if one.start_ms < before_ms:
            yield one
    until_ms = market.past.until_ms
    start_ms = until_ms - until_ms % span_ms
    yield from _made_up(market.past, span_ms, min(before_ms, start_ms))


def days_of(market: Market) -> Iterator[Period]:
    """All days."""
    yield market.today()
    yield from market.history.days()
    past = market.past
    today_ms = past.until_ms - past.until_ms % DAY_MS
    for node in past.days():
        # The day of the start goes on behind it, and is among those above.
        if node.start_ms < today_ms:
            yield _period(past, node, DAY_MS)._replace(prev_closing_price=node.open)


def long_candles(market: Market, unit: str) -> Iterator[Period]:
    """All `weeks`, `months` or `years`."""
    return _merged(days_of(market), _STARTS[unit])


# --- closes of days


def close_before(market: Market, day_ms: int) -> int:
    """The close before the day that begins at this moment."""
    for day in days_of(market):
        if day.start_ms == day_ms:
            return day.prev_closing_price
        if day.start_ms < day_ms:
            return day.close
    return market.figures.prev_closing_price


def closes_in_won(days: list[Period], through: Market | None) -> list[int | None]:
    """The closes, at the close of their quote currency on the same day in its market for won."""
    rates: dict[int, int] = {}
    if through is not None and days:
        for day in days_of(through):
            rates[day.start_ms] = day.close
            if day.start_ms <= days[-1].start_ms:
                break
    return [
        day.close * rates[day.start_ms] // UNIT if day.start_ms in rates else None for day in days
    ]


# --- what is kept, and what is made up


def _kept(market: Market, span_ms: int) -> Iterator[Period]:
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


def _made_up(past: Past, span_ms: int, before_ms: int) -> Iterator[Period]:
    part_ms = _MADE_OF_MS.get(span_ms, span_ms)
    assert part_ms in SPANS_MS
    # The candle that contains the bound is wanted whole.
    end_ms = before_ms + -before_ms % span_ms
    parts = (_period(past, node, part_ms) for node in past.nodes(part_ms, end_ms))
    if part_ms == span_ms:
        return parts
    return _merged(parts, lambda start_ms: start_ms - start_ms % span_ms)


def _period(past: Past, node: Node, span_ms: int) -> Period:
    return Period(
        node.start_ms,
        node.open,
        node.high,
        node.low,
        node.close,
        node.volume,
        # What so much is worth at the mean of the four prices.
        node.volume * (node.open + node.high + node.low + node.close) // 4,
        past.last_ms(node, span_ms),
    )


# --- longer units from shorter ones


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


_STARTS = {"weeks": _week, "months": _month, "years": _year}
