"""Which indicators there are: their parameters, what may trigger a signal, and what is refused.

An `Indicator` is a value that says what is to be computed. Source of the tables: the
websocket-indicator and websocket-indicator-signal pages of docs.upbit.com (2026-09-23). A value
off the list makes the exchange refuse the whole request and close the connection, so it is
refused here, at the call.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import product
from typing import Any, Literal, NamedTuple, Self

import msgspec

from tickwire.errors import UsageError

__all__ = ["TIMEFRAMES", "Average", "Indicator", "Timeframe", "Value", "ordered"]

Timeframe = Literal["5m", "15m", "60m", "240m", "1d"]
Average = Literal["SMA", "EMA"]
Value = Decimal | int | str
_Members = tuple[tuple[str, Value], ...]

TIMEFRAMES = ("5m", "15m", "60m", "240m", "1d")


class _Group(NamedTuple):
    """Parameters that are chosen together, and the values they may have for either type."""

    names: tuple[str, ...]
    rows: Sequence[tuple[Value, ...]]
    signal_rows: Sequence[tuple[Value, ...]]


class _Rule(NamedTuple):
    """An indicator: its parameters, and its triggers with the parameter that some have."""

    groups: tuple[_Group, ...]
    triggers: Mapping[str, tuple[str, tuple[Value, ...]] | None]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for group in self.groups for name in group.names)


def _one(name: str, values: Sequence[Value], signal_values: Sequence[Value]) -> _Group:
    return _Group((name,), tuple(product(values)), tuple(product(signal_values)))


def _together(names: tuple[str, ...], *rows: tuple[Value, ...]) -> _Group:
    return _Group(names, rows, rows)


def _decimals(*texts: str) -> tuple[Decimal, ...]:
    return tuple(map(Decimal, texts))


_AVERAGE = _one("type", ("SMA", "EMA"), ("SMA", "EMA"))
_PERIODS = (3, 5, 7, 10, 15, 20, 25, 30, 50, 60, 90, 99, 100, 120, 200)
_PRICE_CROSSES = dict.fromkeys(("price_cross_above", "price_cross_below"))
_LINES_CROSS = dict.fromkeys(("golden_cross", "dead_cross"))
_ZERO_CROSSES = dict.fromkeys(("zero_cross_above", "zero_cross_below"))

_RULES: dict[str, _Rule] = {
    "volume": _Rule(
        (_one("period", range(5, 51, 5), (10, 20, 50)),),
        {"volume_spike": ("multiplier", (2, 3, 5))},
    ),
    "rsi": _Rule(
        (_one("period", (*range(2, 15), 21, 25), (7, 9, 14, 21, 25)),),
        {"overbought": ("threshold", (70, 80)), "oversold": ("threshold", (20, 30))},
    ),
    "moving_average": _Rule(
        (_AVERAGE, _one("period", _PERIODS, (5, 10, 20, 30, 60, 90, 120, 200))),
        _PRICE_CROSSES,
    ),
    "ma_crossover": _Rule(
        (
            _AVERAGE,
            _together(("short_period", "long_period"), (5, 20), (20, 60), (30, 90), (50, 200)),
        ),
        _LINES_CROSS,
    ),
    "bollinger_bands": _Rule(
        (
            _one("period", (10, 20, 50), (20,)),
            _one(
                "multiplier",
                _decimals("1.0", "1.5", "2.0", "2.5", "3.0"),
                _decimals("1.5", "2.0", "2.5"),
            ),
        ),
        _PRICE_CROSSES,
    ),
    "macd": _Rule(
        (_together(("fast", "slow", "signal_period"), (12, 26, 9), (8, 17, 9), (5, 35, 5)),),
        _LINES_CROSS | _ZERO_CROSSES,
    ),
}


class Indicator(msgspec.Struct, frozen=True, order=True, cache_hash=True):
    """What to compute from the candles of a market; with a trigger, when to signal it.

        Indicator.rsi(timeframe="15m", period=14)
        Indicator.rsi(timeframe="60m").when("overbought", threshold=70)

    Make one with the method named after it; they raise `UsageError` for what the exchange does
    not offer. `timeframe` is the length of the candles: 5m, 15m, 60m, 240m or 1d. `params` and
    `event_params` are pairs of name and value in a fixed order, so equal indicators are equal.
    """

    type: str
    timeframe: str
    params: _Members = ()
    trigger: str = ""
    event_params: _Members = ()

    def __str__(self) -> str:
        shown = [f"{name} {value}" for name, value in self.params]
        if self.trigger:
            values = (str(value) for _, value in self.event_params)
            shown.append(" ".join([self.trigger, *values]))
        return f"{self.type} {self.timeframe} ({', '.join(shown)})"

    @classmethod
    def volume(cls, *, timeframe: Timeframe, period: int = 20) -> Self:
        """The traded size beside its average. Trigger: `volume_spike` with a `multiplier`."""
        return cls._of("volume", timeframe, {"period": period})

    @classmethod
    def rsi(cls, *, timeframe: Timeframe, period: int = 14) -> Self:
        """The relative strength index, 0 to 100.

        Triggers: `overbought` and `oversold`, each with a `threshold`.
        """
        return cls._of("rsi", timeframe, {"period": period})

    @classmethod
    def moving_average(cls, *, timeframe: Timeframe, period: int, type: Average = "SMA") -> Self:
        """A simple or exponential average of closing prices.

        Triggers: `price_cross_above`, `price_cross_below`.
        """
        return cls._of("moving_average", timeframe, {"type": type, "period": period})

    @classmethod
    def ma_crossover(
        cls, *, timeframe: Timeframe, short_period: int, long_period: int, type: Average = "SMA"
    ) -> Self:
        """Two averages of different length. Triggers: `golden_cross`, `dead_cross`."""
        params = {"type": type, "short_period": short_period, "long_period": long_period}
        return cls._of("ma_crossover", timeframe, params)

    @classmethod
    def bollinger_bands(
        cls, *, timeframe: Timeframe, period: int = 20, multiplier: Decimal | float = 2
    ) -> Self:
        """An average with a band of `multiplier` standard deviations on either side.

        Triggers: `price_cross_above`, `price_cross_below`.
        """
        params = {"period": period, "multiplier": multiplier}
        return cls._of("bollinger_bands", timeframe, params)

    @classmethod
    def macd(
        cls, *, timeframe: Timeframe, fast: int = 12, slow: int = 26, signal_period: int = 9
    ) -> Self:
        """The distance of two exponential averages, and its own average.

        Triggers: `golden_cross`, `dead_cross`, `zero_cross_above`, `zero_cross_below`.
        """
        params = {"fast": fast, "slow": slow, "signal_period": signal_period}
        return cls._of("macd", timeframe, params)

    def when(self, trigger: str, **event_params: Decimal | float) -> Self:
        """The same, to be signalled when this happens; raises `UsageError`."""
        rule = _rule(self.type)
        if not isinstance(trigger, str) or trigger not in rule.triggers:
            raise UsageError(f"{self.type} can trigger {_either(rule.triggers)}, not {trigger!r}")
        own = rule.triggers[trigger]
        expected = () if own is None else own[:1]
        if event_params.keys() != set(expected):
            needs = "nothing beside it" if own is None else f"a {own[0]}"
            given = ", ".join(event_params) or "nothing"
            raise UsageError(f"{trigger} needs {needs}; given: {given}")
        found: _Members = ()
        if own is not None:
            group = _one(own[0], own[1], own[1])
            found = _chosen(group, event_params, signal=True)
        return type(self)(
            self.type,
            self.timeframe,
            _params(self.type, dict(self.params), signal=True),
            trigger,
            found,
        )

    def check(self, *, signal: bool) -> None:
        """Raise `UsageError` if this cannot be asked for, as a value or as a signal."""
        _check_timeframe(self.timeframe)
        if not signal:
            if self.trigger:
                raise UsageError(f"{self} has a trigger; ask for it as a signal, or without it")
            _params(self.type, dict(self.params), signal=False)
        elif not self.trigger:
            triggers = _either(_rule(self.type).triggers)
            raise UsageError(f"a signal needs a trigger; add .when(...) of {triggers} to {self}")
        else:
            self.when(self.trigger, **dict(self.event_params))  # type: ignore[arg-type]

    @classmethod
    def _of(cls, type: str, timeframe: str, params: Mapping[str, Any]) -> Self:
        _check_timeframe(timeframe)
        return cls(type, timeframe, _params(type, params, signal=False))


def ordered(type: str, members: Mapping[str, Value]) -> _Members:
    """The parameters of an indicator as an `Indicator` has them, none of them checked."""
    names = _RULES[type].names if type in _RULES else ()
    known = [(name, members[name]) for name in names if name in members]
    return (*known, *sorted((name, v) for name, v in members.items() if name not in names))


def _rule(type: str) -> _Rule:
    if not isinstance(type, str) or type not in _RULES:
        raise UsageError(f"unknown indicator {type!r}; expected one of: {', '.join(_RULES)}")
    return _RULES[type]


def _check_timeframe(timeframe: str) -> None:
    if timeframe not in TIMEFRAMES:
        raise UsageError(f"timeframe must be one of {', '.join(TIMEFRAMES)}, not {timeframe!r}")


def _params(type: str, params: Mapping[str, Any], *, signal: bool) -> _Members:
    rule = _rule(type)
    if params.keys() != set(rule.names):
        raise UsageError(f"{type} has the parameters {', '.join(rule.names)}")
    return tuple(pair for group in rule.groups for pair in _chosen(group, params, signal=signal))


def _chosen(group: _Group, params: Mapping[str, Any], *, signal: bool) -> _Members:
    """The row of the table that the parameters name, as it is written there."""
    given = tuple(params[name] for name in group.names)
    rows = group.signal_rows if signal else group.rows
    for row in rows:
        # To Python True is 1.
        if row == given and not any(isinstance(value, bool) for value in given):
            return tuple(zip(group.names, row, strict=True))
    allowed = ", ".join("/".join(map(str, row)) for row in rows)
    shown = "/".join(map(str, given)) if len(given) > 1 else repr(given[0])
    use = " for a signal" if group.rows != group.signal_rows and signal else ""
    raise UsageError(f"{' and '.join(group.names)} must be one of {allowed}{use}, not {shown}")


def _either(names: Mapping[str, object]) -> str:
    return " or ".join(names)
