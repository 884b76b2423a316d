"""Indicators that the exchange computes from closed candles, and their signals."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any, TypeVar

from tickwire.errors import UsageError
from tickwire.events.base import BaseWebSocketEvent
from tickwire.fields import Field
from tickwire.hot import LazyView
from tickwire.indicators import Indicator, Value, ordered
from tickwire.subscription import Stream

__all__ = ["IndicatorEvent", "IndicatorSignalEvent"]

V_co = TypeVar("V_co", covariant=True)


class _Members(Field[Mapping[str, V_co]]):
    """An object within the message: its members by their long names, decoded when it is read.

    Whole numbers are `int`s, others `Decimal`s equal to the text of the wire.
    """

    def decoded(self, literal: bytes, view: LazyView) -> Mapping[str, Any]:
        assert isinstance(view, BaseWebSocketEvent)
        layout = view._layout
        assert layout is not None
        return MappingProxyType(layout.members(self.name, literal))

    def converted(self, value: Any) -> Mapping[str, Any]:
        if not isinstance(value, Mapping):
            raise UsageError(f"{self.name} must be a mapping, not {value!r}")
        return MappingProxyType({name: self._member(each) for name, each in value.items()})

    def _member(self, value: Any) -> Value:
        if isinstance(value, str | Decimal) or type(value) is int:
            return value
        raise UsageError(f"members of {self.name} must be Decimal, int or text, not {value!r}")


class _Numbers(_Members[V_co]):
    """The same where every member is a number, and a `Decimal`."""

    def _member(self, value: Any) -> Value:
        try:
            number = Decimal("nan" if isinstance(value, float | bool) else value)
        except (InvalidOperation, TypeError, ValueError):
            number = Decimal("nan")
        if not number.is_finite():
            raise UsageError(f"members of {self.name} must be finite numbers, not {value!r}")
        return number


class _IndicatorFields(BaseWebSocketEvent):
    """What both kinds of event have."""

    __slots__ = ()
    timeframe = Field[str]("length of the candles: `5m`, `15m`, `60m`, `240m` or `1d`")
    indicator = Field[str]("what is computed, such as `rsi`")
    params = _Members[Value]("its parameters, such as `period`")

    @classmethod
    def _stream_of(cls, values: Any) -> Stream:
        kind = values.indicator or ""
        indicator = Indicator(
            kind,
            values.timeframe or "",
            ordered(kind, values.params or {}),
            getattr(values, "trigger", None) or "",
            ordered("", getattr(values, "event_params", None) or {}),
        )
        return Stream(values.type, values.symbol or "", indicator=indicator)

    def to_dict(self) -> dict[str, Any]:
        """The fields by name: texts, numbers, and dicts of those."""
        return {
            name: dict(value) if isinstance(value, Mapping) else value
            for name, value in super().to_dict().items()
        }


class IndicatorEvent(_IndicatorFields):
    """The value of an indicator when a candle has closed."""

    __slots__ = ()
    candle_date_time_utc = Field[str]("start of the closed candle, UTC, `yyyy-MM-ddTHH:mm:ss`")
    value = _Numbers[Decimal]("the figures by name, such as `rsi`, or `bb_upper` and its kin")


class IndicatorSignalEvent(_IndicatorFields):
    """What was waited for has become true; it comes again only after it was false."""

    __slots__ = ()
    trigger = Field[str]("what has happened, such as `overbought`")
    event_params = _Members[Value]("its parameters, such as `threshold`; empty for most")
    candle_date_time_utc = Field[str]("start of the closed candle, UTC, `yyyy-MM-ddTHH:mm:ss`")
    value = _Numbers[Decimal]("the figures by name, such as `rsi`, or `macd` and its kin")
