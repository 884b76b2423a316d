"""Events as data frames of pandas or polars, which are extras and imported when asked for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from importlib import import_module
from typing import TYPE_CHECKING, Any

from tickwire.errors import ProtocolError, UsageError
from tickwire.events import BaseWebSocketEvent

if TYPE_CHECKING:
    import pandas
    import polars

__all__ = ["Columns", "columns_of", "pandas_frame", "polars_frame"]

Columns = Mapping[str, Sequence[Any]]

_POLARS_DIGITS = 38
"""A polars `Decimal` is a 128-bit integer with a scale."""


def columns_of(events: Iterable[tuple[BaseWebSocketEvent, bool]]) -> Columns:
    """The values of some events of one class by column; beside each, whether it is after a gap."""
    columns: dict[str, list[Any]] = {}
    for event, after_gap in events:
        try:
            rows = list(_rows(event))
        except ProtocolError:  # counted where it came from
            continue
        for row in rows:
            row |= {"received_time_ns": event.received_time_ns, "after_gap": after_gap}
            for name, value in row.items():
                columns.setdefault(name, []).append(value)
    return columns


def _rows(event: BaseWebSocketEvent) -> Iterator[dict[str, Any]]:
    """One row for an event; of an order book, one for each level that either side has."""
    fields = event.to_dict()
    units = fields.pop("orderbook_units", None)
    if units is None:
        yield fields
        return
    for depth, unit in enumerate(units, 1):
        # A side that is too thin is padded with zeros, which are no prices.
        row = fields | {"depth": depth}
        for side in ("ask", "bid"):
            price, size = unit[f"{side}_price"], unit[f"{side}_size"]
            row |= {f"{side}_price": price or None, f"{side}_size": size if price else None}
        if row["ask_price"] is not None or row["bid_price"] is not None:
            yield row


def pandas_frame(columns: Columns, *, floats: bool) -> "pandas.DataFrame":
    """A pandas frame; raises `UsageError` without pandas."""
    library = _library("pandas")

    def series(values: Sequence[Any]) -> Any:
        if _is_column_of(Decimal, values):
            if floats:
                return library.Series(_as_floats(values), dtype="float64")
            return library.Series(values, dtype="object")
        if _is_column_of(int, values):
            # A missing value would turn the others into floats, and ids have too many digits.
            return library.Series(values, dtype="Int64" if None in values else "int64")
        return library.Series(values)

    frame: pandas.DataFrame = library.DataFrame(
        {name: series(values) for name, values in columns.items()}
    )
    return frame


def polars_frame(columns: Columns, *, floats: bool) -> "polars.DataFrame":
    """A polars frame; raises `UsageError` without polars, or for numbers that it cannot hold."""
    library = _library("polars")

    def series(name: str, values: Sequence[Any]) -> Any:
        if _is_column_of(Decimal, values):
            if floats:
                return library.Series(name, _as_floats(values), dtype=library.Float64)
            return library.Series(
                name, values, dtype=library.Decimal(_POLARS_DIGITS, _scale(name, values))
            )
        if _is_column_of(int, values):
            return library.Series(name, values, dtype=library.Int64)
        return library.Series(name, values)

    frame: polars.DataFrame = library.DataFrame(
        [series(name, values) for name, values in columns.items()]
    )
    return frame


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        raise UsageError(
            f"a frame of {name} needs that package; install it with: pip install 'tickwire[{name}]'"
        ) from None


def _is_column_of(kind: type, values: Sequence[Any]) -> bool:
    """Whether these are values of a type, apart from missing ones."""
    present = [value for value in values if value is not None]
    return bool(present) and all(
        isinstance(value, kind) and not isinstance(value, bool) for value in present
    )


def _as_floats(values: Sequence[Any]) -> list[float | None]:
    return [None if value is None else float(value) for value in values]


def _scale(name: str, values: Sequence[Decimal | None]) -> int:
    """The digits after the point that hold every value exactly; raises `UsageError`."""
    before, after = 1, 0
    for value in values:
        if value:
            before = max(before, value.adjusted() + 1)
            after = max(after, -int(value.as_tuple().exponent))
    if before + after > _POLARS_DIGITS:
        raise UsageError(
            f"column {name} needs {before + after} digits and a polars Decimal has "
            f"{_POLARS_DIGITS}; pass floats=True"
        )
    return after
