"""Indicators: wishes for them, and what closing candles make to tell to those who have them.

    read_wish(element)    a type object of a request ──► IndicatorWish, or Refused
    want(wishes)          what all connections wish for from now on
    step(now)             time goes on ──► Notices of the candles that have closed

A combination is one indicator of one market in one time frame. Each that somebody wishes for is
computed once for all who do, when its candle has closed; others cost nothing. A period without a
trade has no candle, hence no message.

A signal's condition is a state: true, false, or not known yet. On the line between the two it
stays what it was (`rsi` and `volume` know no such line). The signal is the step from false to
true, so it is not repeated while true. What the state was before the first look comes from the
candles before it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice, product
from typing import Any, NamedTuple

from tickwire.simulator.info.indicator_bars import Bar, Bars, MarketBars
from tickwire.simulator.info.indicator_frames import Closed, indicator_frame, listed
from tickwire.simulator.info.indicator_math import Values, bars_needed, sides, values
from tickwire.simulator.info.indicator_rules import (
    INDICATOR_TYPES,
    TIMEFRAMES_MS,
    Asked,
    read_asked,
)
from tickwire.simulator.market.market import Market
from tickwire.simulator.spelling import DECIMALS
from tickwire.simulator.wire.formats import Format
from tickwire.simulator.wire.notice import Notice
from tickwire.simulator.wire.request import Refused, Wish

__all__ = [
    "INDICATOR_TYPES",
    "MOST_COMBINATIONS",
    "Bar",
    "Bars",
    "Combination",
    "IndicatorNotice",
    "IndicatorWish",
    "Indicators",
    "read_wish",
]

# Of one connection, over both types.
MOST_COMBINATIONS = 100

# From the end of a candle to its first messages, as in the pages' examples. From there the markets
# follow each other, so that no single step has all the work.
_DELAY_MS = 400
_SPACING_MS = 3


class Combination(NamedTuple):
    """One thing to compute. That of a signal has a trigger, so the two types never coincide."""

    code: str
    timeframe: str
    asked: Asked


@dataclass(frozen=True, kw_only=True)
class IndicatorWish(Wish):
    """A type object for `indicator` or `indicator_signal`. Codes are as asked for."""

    timeframe: str
    indicators: tuple[Asked, ...]

    @property
    def combinations(self) -> frozenset[Combination]:
        """Codes times indicators, each once; no more than it takes to see that it is too many."""
        return frozenset(islice(self._each(), MOST_COMBINATIONS + 1))

    def _each(self) -> Iterator[Combination]:
        codes, asked = dict.fromkeys(self.codes), dict.fromkeys(self.indicators)
        return (Combination(code, self.timeframe, one) for code, one in product(codes, asked))

    def listed(self, *, short: bool) -> dict[str, Any]:
        """The entry of LIST_SUBSCRIPTIONS, in long or in short names."""
        return listed(self.type, self.codes, self.timeframe, self.indicators, short=short)

    def report(self) -> dict[str, object]:
        """As the referee shows it."""
        return self.listed(short=False)


def read_wish(element: dict[str, Any]) -> IndicatorWish:
    """The wish in a type object of one of the two types. Raises `Refused`.

    What is not of the right JSON shape is `WRONG_FORMAT`; what is, but is missing or in no table,
    is `INVALID_PARAM`.
    """
    kind = element["type"]
    codes = element.get("codes")
    if codes is None or codes == []:
        raise Refused("NO_CODES")
    if not isinstance(codes, list) or not all(isinstance(code, str) for code in codes):
        raise Refused("WRONG_FORMAT")
    timeframe = element.get("timeframe")
    if timeframe is not None and not isinstance(timeframe, str):
        raise Refused("WRONG_FORMAT")
    if timeframe not in TIMEFRAMES_MS:
        raise Refused("INVALID_PARAM", timeframe or "timeframe")
    asked = element.get("indicators")
    if asked is None or asked == []:
        raise Refused("INVALID_PARAM", "indicators")
    if not isinstance(asked, list) or not all(isinstance(one, dict) for one in asked):
        raise Refused("WRONG_FORMAT")
    signal = kind == "indicator_signal"
    return IndicatorWish(
        type=kind,
        codes=tuple(codes),
        timeframe=timeframe,
        indicators=tuple(read_asked(one, signal=signal) for one in asked),
    )


class IndicatorNotice:
    """The values of one combination at the close of one candle."""

    def __init__(self, combination: Combination, closed: Closed, row: Values) -> None:
        self.combination = combination
        self._closed = closed
        self._row = row
        self._frames: dict[Format, bytes] = {}

    def __repr__(self) -> str:
        return f"IndicatorNotice({self.combination}, {self._closed.start_ms})"

    def frame_for(self, wish: Wish, account: str | None, form: Format) -> bytes | None:
        """The frame for a connection with this wish; indicators belong to no account."""
        code, timeframe, asked = self.combination
        if (
            not isinstance(wish, IndicatorWish)
            or wish.timeframe != timeframe
            or asked not in wish.indicators
            or code not in wish.codes
        ):
            return None
        frame = self._frames.get(form)
        if frame is None:
            frame = self._frames[form] = indicator_frame(self._closed, asked, self._row, form)
        return frame


class Indicators:
    """The indicators of all won markets."""

    def __init__(
        self, markets: Mapping[str, Market], *, now_ms: int, bars: Bars | None = None
    ) -> None:
        """Computed from `bars`, or without them from the candles of the markets themselves."""
        codes = (code for code in markets if code.startswith("KRW-"))
        self._delays_ms = {code: _DELAY_MS + n * _SPACING_MS for n, code in enumerate(codes)}
        self._kept = MarketBars(markets)
        self._bars: Bars = self._kept if bars is None else bars
        self._reached_ms = now_ms
        # When the next messages are due; never while nothing is wanted.
        self._due_ms: int | None = None
        self._wanted: dict[tuple[str, str], dict[Asked, None]] = {}
        self._unread: list[tuple[str, str]] = []
        # Is the condition of a signal true? Absent until its first candle has closed.
        self._states: dict[Combination, bool | None] = {}

    def __repr__(self) -> str:
        return f"Indicators({sum(map(len, self._wanted.values()))} combinations)"

    def want(self, wishes: Iterable[Wish]) -> None:
        """From now on compute for these wishes, of whatever type, and for none from before."""
        self._wanted = {}
        for wish in wishes:
            if isinstance(wish, IndicatorWish):
                for code in self._delays_ms.keys() & wish.codes:
                    asked = self._wanted.setdefault((code, wish.timeframe), {})
                    asked.update(dict.fromkeys(wish.indicators))
        self._states = {
            one: state
            for one, state in self._states.items()
            if one.asked in self._wanted.get((one.code, one.timeframe), {})
        }
        self._kept.keep(self._wanted)
        if self._bars is self._kept:
            self._unread = sorted(self._wanted)
        self._due_ms = self._next_ms()

    def due_ms(self, by_ms: int) -> int:
        """When there is next something to compute, at the latest `by_ms`."""
        return by_ms if self._due_ms is None else min(by_ms, self._due_ms)

    def step(self, now_ms: int) -> list[Notice]:
        """What the candles that have closed by now make to tell.

        Of a step over several ends of candles, which only a host that slept takes, the last ends.
        """
        reached_ms, self._reached_ms = self._reached_ms, max(self._reached_ms, now_ms)
        notices: list[Notice] = []
        if self._due_ms is not None and self._due_ms <= self._reached_ms:
            due = ((self._latest_ms(*each), TIMEFRAMES_MS[each[1]], *each) for each in self._wanted)
            for at_ms, _, code, timeframe in sorted(due):
                if at_ms > reached_ms:
                    notices += self._close(code, timeframe, at_ms)
            self._due_ms = self._next_ms()
        if self._unread:
            # The past of a market takes some milliseconds to make up: long before it is needed,
            # and one in a step.
            code, timeframe = self._unread.pop()
            self._read(code, timeframe, self._reached_ms)
        return notices

    def _latest_ms(self, code: str, timeframe: str) -> int:
        """When the end of the last candle was told, or would have been."""
        return (
            self._reached_ms - (self._reached_ms - self._delays_ms[code]) % TIMEFRAMES_MS[timeframe]
        )

    def _next_ms(self) -> int | None:
        """When the end of a wanted candle is to be told next."""
        ends = (self._latest_ms(*each) + TIMEFRAMES_MS[each[1]] for each in self._wanted)
        return min(ends, default=None)

    def _read(self, code: str, timeframe: str, until_ms: int) -> list[Bar]:
        """The candles that closed by then, as many as any of the wanted needs."""
        end_ms = until_ms - until_ms % TIMEFRAMES_MS[timeframe]
        return self._bars(
            code, timeframe, end_ms, max(map(bars_needed, self._wanted[code, timeframe]))
        )

    def _close(self, code: str, timeframe: str, at_ms: int) -> Iterator[IndicatorNotice]:
        """A candle may have ended: one look at the past serves all that is asked of it."""
        bars = self._read(code, timeframe, at_ms)
        span = TIMEFRAMES_MS[timeframe]
        start_ms = at_ms - at_ms % span - span
        if not bars or bars[-1].start_ms != start_ms:
            return
        closed = Closed(code, timeframe, start_ms, at_ms)
        closes = [Decimal(bar.close).scaleb(-DECIMALS) for bar in bars]
        volumes = [Decimal(bar.volume).scaleb(-DECIMALS) for bar in bars]
        for asked in self._wanted[code, timeframe]:
            # Always over the same stretch, whatever others ask for beside it.
            first = -bars_needed(asked)
            rows = values(asked, closes[first:], volumes[first:])
            if not rows:
                continue
            combination = Combination(code, timeframe, asked)
            if asked.trigger is None or self._fires(combination, rows, closes):
                yield IndicatorNotice(combination, closed, rows[-1])

    def _fires(self, combination: Combination, rows: list[Values], closes: list[Decimal]) -> bool:
        """Has the condition just become true?"""
        *before, now = sides(combination.asked, rows, closes)
        if combination in self._states:
            state = self._states[combination]
        else:
            state = next((side > 0 for side in reversed(before) if side), None)
        self._states[combination] = now > 0 if now else state
        return state is False and now > 0
