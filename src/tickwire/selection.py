"""Which of the streams that are wanted somebody means: by type, by symbol, by what else tells."""

from collections.abc import Iterable
from decimal import Decimal

from tickwire.errors import UsageError
from tickwire.indicators import Indicator
from tickwire.subscription import (
    DataType,
    Stream,
    normalise_categories,
    normalise_level,
)
from tickwire.symbols import normalise_symbols

__all__ = ["Selection"]

_WITHOUT_SYMBOLS = (DataType.MY_ASSET, DataType.ANNOUNCEMENT)
_OF = {
    "level": (DataType.ORDERBOOK,),
    "categories": (DataType.ANNOUNCEMENT,),
    "indicators": (DataType.INDICATOR, DataType.INDICATOR_SIGNAL),
}
"""The types that each of these tells apart."""


class Selection:
    """What is said of the streams meant. What is not said, `None`, may be anything.

    Raises `UsageError` for what cannot be said of the type, or of none.
    """

    def __init__(
        self,
        data_type: DataType | str | None = None,
        symbols: str | Iterable[str] | None = None,
        *,
        level: Decimal | int | str | None = None,
        categories: str | Iterable[str] | None = None,
        indicators: Indicator | Iterable[Indicator] | None = None,
    ) -> None:
        said = {"level": level, "categories": categories, "indicators": indicators}
        for name, value in said.items():
            if value is not None and data_type not in _OF[name]:
                kinds = " or ".join(map(repr, map(str, _OF[name])))
                raise UsageError(f"{name}= goes with the type {kinds}, not with {data_type!r}")
        if symbols is not None and data_type in _WITHOUT_SYMBOLS:
            raise UsageError(f"{data_type} has no symbols")
        self._data_type = data_type
        self._symbols = None if symbols is None else frozenset(normalise_symbols(symbols))
        self._level = None if level is None else normalise_level(level)
        self._categories = None if categories is None else normalise_categories(categories)
        self._indicators = None if indicators is None else _checked(indicators)

    def of(self, streams: Iterable[Stream]) -> list[Stream]:
        """Those that are meant of some streams; raises `UsageError` for a type that nobody knows.

        A type is known if it is one of ours, or if one of the streams is of it.
        """
        several = list(streams)
        if self._data_type is not None and all(each.type != self._data_type for each in several):
            DataType.of(self._data_type)
        return [each for each in several if self._means(each)]

    def _means(self, stream: Stream) -> bool:
        return (
            self._data_type in (None, stream.type)
            and (self._symbols is None or self._names(stream.symbol))
            and self._level in (None, stream.level)
            and (self._categories is None or stream.category in self._categories)
            and (self._indicators is None or stream.indicator in self._indicators)
        )

    def _names(self, symbol: str) -> bool:
        """Whether a symbol is named, or its whole market; "KRW" needs no list of markets here."""
        assert self._symbols is not None
        return symbol in self._symbols or symbol.partition("-")[0] in self._symbols


def _checked(indicators: Indicator | Iterable[Indicator]) -> tuple[Indicator, ...]:
    if isinstance(indicators, Indicator):
        return (indicators,)
    several = tuple(indicators) if isinstance(indicators, Iterable) else (indicators,)
    if not several or not all(isinstance(each, Indicator) for each in several):
        example = "Indicator.rsi(timeframe='15m')"
        raise UsageError(f"an indicator must be one such as {example}, not {indicators!r}")
    return several
