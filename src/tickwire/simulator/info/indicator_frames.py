"""The text of indicator messages, in every format.

Source: the websocket-indicator and websocket-indicator-signal pages of docs.upbit.com
(2026-09-23). Values are told with at most eight decimals, rounded half to even, as JSON numbers:
DEFAULT gives every one a decimal point, as the pages' examples do; SIMPLE leaves out what it can.
"""

import json
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any, NamedTuple

from tickwire.simulator.dates import written
from tickwire.simulator.info.indicator_math import Values
from tickwire.simulator.info.indicator_rules import Asked
from tickwire.simulator.spelling import DECIMALS, plain, simple_number
from tickwire.simulator.wire.formats import Format
from tickwire.simulator.wire.frames import REALTIME

__all__ = ["Closed", "indicator_frame", "listed"]

# Long name, short name. Those of `params` and of `event_params` differ for one member.
_PARAMS = {
    "period": "p",
    "type": "t",
    "short_period": "shp",
    "long_period": "lop",
    "multiplier": "m",
    "fast": "f",
    "slow": "s",
    "signal_period": "sgp",
}
_EVENT_PARAMS = {"threshold": "th", "multiplier": "mul"}

_VALUES: dict[str, tuple[tuple[str, str], ...]] = {
    "volume": (("volume", "vol"), ("avg_volume", "av"), ("ratio", "rto")),
    "rsi": (("rsi", "rsi"),),
    "moving_average": (("value", "value"),),
    "ma_crossover": (("ma_short", "mas"), ("ma_long", "mal")),
    "bollinger_bands": (("bb_upper", "bbu"), ("bb_middle", "bbm"), ("bb_lower", "bbl")),
    "macd": (("macd", "macd"), ("macd_signal", "macds"), ("histogram", "hist")),
}

_ROOM = Context(prec=60, rounding=ROUND_HALF_EVEN)


class Closed(NamedTuple):
    """A candle that has closed, and when that is told."""

    code: str
    timeframe: str
    start_ms: int
    timestamp: int


def indicator_frame(closed: Closed, asked: Asked, row: Values, form: Format) -> bytes:
    """The values of an indicator at the close of a candle; a signal if `asked` has a trigger."""
    short = form.short
    kind = "indicator" if asked.trigger is None else "indicator_signal"
    members = [
        ("type", "ty", f'"{kind}"'),
        ("code", "cd", f'"{closed.code}"'),
        ("timeframe", "tf", f'"{closed.timeframe}"'),
        ("indicator", "ind", f'"{asked.kind}"'),
        ("params", "p", json.dumps(_params(asked, short), separators=(",", ":"))),
    ]
    if asked.trigger is not None:
        events = json.dumps(_event_params(asked, short), separators=(",", ":"))
        members += [("trigger", "tr", f'"{asked.trigger}"'), ("event_params", "ep", events)]
    members += [
        ("candle_date_time_utc", "cdttmu", f'"{written(closed.start_ms).utc}"'),
        ("value", "v", _value(asked.kind, row, short)),
        ("timestamp", "tms", str(closed.timestamp)),
        ("stream_type", "st", f'"{REALTIME}"'),
    ]
    return form.frame("{" + ",".join(f'"{one[short]}":{one[2]}' for one in members) + "}")


def listed(
    kind: str, codes: tuple[str, ...], timeframe: str, asked: tuple[Asked, ...], *, short: bool
) -> dict[str, Any]:
    """A subscription as LIST_SUBSCRIPTIONS tells it.

    The short names of these members are not documented: the messages' own are taken, and `inds`
    for the array, as `cds` is made from `cd`.
    """
    names = (
        ("type", "codes", "timeframe", "indicators", "params", "trigger", "event_params"),
        ("ty", "cds", "tf", "inds", "p", "tr", "ep"),
    )
    own, members, frame, array, params, trigger, events = names[short]
    entries: list[dict[str, Any]] = []
    for one in asked:
        entry: dict[str, Any] = {own: one.kind, params: _params(one, short)}
        if one.trigger is not None:
            entry[trigger] = one.trigger
            entry[events] = _event_params(one, short)
        entries.append(entry)
    return {own: kind, members: list(codes), frame: timeframe, array: entries}


def _params(asked: Asked, short: bool) -> dict[str, Any]:
    return {_PARAMS[name] if short else name: value for name, value in asked.params}


def _event_params(asked: Asked, short: bool) -> dict[str, Any]:
    return {_EVENT_PARAMS[name] if short else name: value for name, value in asked.event_params}


def _value(kind: str, row: Values, short: bool) -> str:
    return (
        "{"
        + ",".join(
            f'"{names[short]}":{_number(value, short)}'
            for names, value in zip(_VALUES[kind], row, strict=True)
        )
        + "}"
    )


def _number(value: Decimal, short: bool) -> str:
    scaled = int(value.scaleb(DECIMALS, _ROOM).to_integral_value(context=_ROOM))
    if short:
        return simple_number(scaled)
    text = plain(scaled)
    return text if "." in text else text + ".0"
