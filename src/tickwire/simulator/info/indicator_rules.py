"""The tables of what an indicator may be asked with: parameters, triggers, time frames.

Source: the websocket-indicator and websocket-indicator-signal pages of docs.upbit.com
(2026-09-23). What is not in a row is refused. The values are compared as numbers (2, 2.0 and 2.00
are one) and told as they are written here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from typing import Any

from tickwire.simulator.wire.request import Refused

__all__ = ["INDICATOR_TYPES", "TIMEFRAMES_MS", "Asked", "Value", "read_asked"]

INDICATOR_TYPES = frozenset({"indicator", "indicator_signal"})

TIMEFRAMES_MS = {
    "5m": 300_000,
    "15m": 900_000,
    "60m": 3_600_000,
    "240m": 14_400_000,
    "1d": 86_400_000,
}

Value = int | float | str
_Row = tuple[Value, ...]
_Members = tuple[tuple[str, Value], ...]


@dataclass(frozen=True)
class Asked:
    """One indicator with its parameters, and for a signal what triggers it.

    `params` and `event_params` are pairs of name and value in the order of the table, so two
    requests for the same are equal however they were spelled.
    """

    kind: str
    params: _Members
    trigger: str | None = None
    event_params: _Members = ()

    def members(self) -> tuple[Value, ...]:
        """The values of the parameters alone."""
        return tuple(value for _, value in self.params)


@dataclass(frozen=True)
class _Rule:
    """An indicator: names of its parameters, rows for either type, triggers."""

    names: tuple[str, ...]
    rows: Mapping[_Row, _Row]
    signal_rows: Mapping[_Row, _Row]
    triggers: Mapping[str, tuple[str, Sequence[int]] | None]


def _rows(*rows: _Row) -> dict[_Row, _Row]:
    """By themselves: the key finds equal numbers, the value has them as written here."""
    return {row: row for row in rows}


def _each(*columns: Sequence[Value]) -> dict[_Row, _Row]:
    return _rows(*product(*columns))


_AVERAGES = ("SMA", "EMA")
_CROSSINGS: dict[str, None] = {"price_cross_above": None, "price_cross_below": None}
_PAIRS = _rows(
    *(
        (average, short, long)
        for average in _AVERAGES
        for short, long in ((5, 20), (20, 60), (30, 90), (50, 200))
    )
)
_MACDS = _rows((12, 26, 9), (8, 17, 9), (5, 35, 5))

_RULES = {
    "volume": _Rule(
        ("period",),
        _each(range(5, 51, 5)),
        _each((10, 20, 50)),
        {"volume_spike": ("multiplier", (2, 3, 5))},
    ),
    "rsi": _Rule(
        ("period",),
        _each((*range(2, 15), 21, 25)),
        _each((7, 9, 14, 21, 25)),
        {"overbought": ("threshold", (70, 80)), "oversold": ("threshold", (20, 30))},
    ),
    "moving_average": _Rule(
        ("type", "period"),
        _each(_AVERAGES, (3, 5, 7, 10, 15, 20, 25, 30, 50, 60, 90, 99, 100, 120, 200)),
        _each(_AVERAGES, (5, 10, 20, 30, 60, 90, 120, 200)),
        _CROSSINGS,
    ),
    "ma_crossover": _Rule(
        ("type", "short_period", "long_period"),
        _PAIRS,
        _PAIRS,
        {"golden_cross": None, "dead_cross": None},
    ),
    "bollinger_bands": _Rule(
        ("period", "multiplier"),
        _each((10, 20, 50), (1.0, 1.5, 2.0, 2.5, 3.0)),
        _each((20,), (1.5, 2.0, 2.5)),
        _CROSSINGS,
    ),
    "macd": _Rule(
        ("fast", "slow", "signal_period"),
        _MACDS,
        _MACDS,
        {
            "golden_cross": None,
            "dead_cross": None,
            "zero_cross_above": None,
            "zero_cross_below": None,
        },
    ),
}


def read_asked(element: dict[str, Any], *, signal: bool) -> Asked:
    """One member of `indicators`. Raises `Refused`."""
    kind = element.get("type")
    rule = _RULES.get(kind) if isinstance(kind, str) else None
    if rule is None or not isinstance(kind, str):
        raise Refused("INVALID_PARAM", _told(kind))
    row = (rule.signal_rows if signal else rule.rows).get(
        _given(element.get("params"), rule.names, kind)
    )
    if row is None:
        raise Refused("INVALID_PARAM", f"{kind} params")
    params = tuple(zip(rule.names, row, strict=True))
    if not signal:
        # A trigger is nothing that `indicator` knows; keys that it does not know are ignored.
        return Asked(kind, params)

    trigger = element.get("trigger")
    if not isinstance(trigger, str) or trigger not in rule.triggers:
        raise Refused("INVALID_PARAM", _told(trigger))
    event = rule.triggers[trigger]
    if event is None:
        _given(element.get("event_params", {}), (), trigger)
        return Asked(kind, params, trigger)
    name, values = event
    found = _each(values).get(_given(element.get("event_params"), (name,), trigger))
    if found is None:
        raise Refused("INVALID_PARAM", f"{trigger} event_params")
    return Asked(kind, params, trigger, ((name, found[0]),))


def _given(members: object, names: tuple[str, ...], subject: str) -> _Row:
    """The values under exactly these names; whether they are in a row is not looked at.

    Members beside them are refused like values off the list: who sends them means something that
    they would not get.
    """
    if members is None:
        raise Refused("INVALID_PARAM", f"{subject} params")
    if not isinstance(members, dict):
        raise Refused("WRONG_FORMAT")
    values = tuple(members.get(name) for name in names)
    # To Python `true` equals 1, which some tables could have.
    if len(members) != len(names) or not all(
        isinstance(value, int | float | Decimal | str) and not isinstance(value, bool)
        for value in values
    ):
        raise Refused("INVALID_PARAM", f"{subject} params")
    return values  # type: ignore[return-value]


def _told(value: object) -> str:
    return value if isinstance(value, str) else "indicator"
