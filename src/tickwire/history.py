"""What is kept of one stream: its newest events, up to a limit, and where something is missing.

Of most streams every event is kept. A candle comes many times, and only the last one received
counts, so each candle is kept once.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, overload

from tickwire.control import Gap
from tickwire.errors import UsageError
from tickwire.events import BaseWebSocketEvent, CandleEvent
from tickwire.frames import columns_of, pandas_frame, polars_frame
from tickwire.subscription import Stream

if TYPE_CHECKING:
    import pandas
    import polars

__all__ = ["History", "Kept", "Recent"]


class Kept(NamedTuple):
    """An event, and the interruption that came right before it, if there was one."""

    event: BaseWebSocketEvent
    gap: Gap | None


class Recent:
    """The newest events of one stream, at most `limit` of them."""

    def __init__(self, stream: Stream, limit: int) -> None:
        self.stream = stream
        self._limit = limit
        self._kept: deque[Kept] = deque()
        self._gap: Gap | None = None

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def last(self) -> BaseWebSocketEvent | None:
        """The newest event."""
        return self._kept[-1].event if self._kept else None

    def interrupted(self, gap: Gap) -> None:
        """Remember that something is missing before the next event."""
        self._gap = gap

    def keep(self, event: BaseWebSocketEvent) -> None:
        """Add an event; the oldest gives way. A candle takes the place of its former state."""
        start = event.candle_date_time_utc if isinstance(event, CandleEvent) else None
        gap, self._gap = self._gap, None
        place = len(self._kept)
        if start is not None:
            while place and (before := _start(self._kept[place - 1])) >= start:
                place -= 1
                if before == start:
                    self._kept[place] = Kept(event, gap or self._kept[place].gap)
                    return
        self._kept.insert(place, Kept(event, gap))
        if len(self._kept) > self._limit:
            self._kept.popleft()

    def history(self, limit: int | None = None) -> "History":
        """The newest `limit` events (all that are kept, if `None`) as they are now."""
        first = 0 if limit is None else max(0, len(self._kept) - limit)
        return History(self.stream, tuple(self._kept)[first:])


def _start(kept: Kept) -> str:
    assert isinstance(kept.event, CandleEvent)
    return kept.event.candle_date_time_utc


class History(Sequence[BaseWebSocketEvent]):
    """Events of one stream, oldest first, as they were when asked for; it changes no more."""

    def __init__(self, stream: Stream, kept: Iterable[Kept]) -> None:
        self.stream = stream
        self._kept = tuple(kept)

    def __repr__(self) -> str:
        return f"<History of {self.stream}: {len(self)} events, {len(self.gaps)} gaps>"

    def __len__(self) -> int:
        return len(self._kept)

    @overload
    def __getitem__(self, index: int) -> BaseWebSocketEvent: ...
    @overload
    def __getitem__(self, index: slice) -> "History": ...
    def __getitem__(self, index: int | slice) -> "BaseWebSocketEvent | History":
        if isinstance(index, slice):
            return History(self.stream, self._kept[index])
        return self._kept[index].event

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """The interruptions among these events, and before the first of them."""
        return tuple(kept.gap for kept in self._kept if kept.gap is not None)

    @overload
    def to_frame(
        self, library: Literal["pandas"] = "pandas", *, floats: bool = False
    ) -> "pandas.DataFrame": ...
    @overload
    def to_frame(
        self, library: Literal["polars"], *, floats: bool = False
    ) -> "polars.DataFrame": ...
    def to_frame(self, library: str = "pandas", *, floats: bool = False) -> Any:
        """These events as a data frame: a row for each, or for each level of an order book.

        Columns are the fields of the event, then `received_time_ns` and `after_gap`; times stay
        whole numbers. Prices and sizes are exact: `Decimal` objects in pandas, the `Decimal` type
        in polars; with `floats` they are 64-bit floats. An order book has `depth` (1 is the best
        level), `ask_price`, `ask_size`, `bid_price` and `bid_size`, with nothing where its side
        has no such level. Events that turn out to be unreadable are left out, and counted where
        those are counted. Without events there are no columns.

        Raises `UsageError` if the library is not installed.
        """
        columns = columns_of((kept.event, kept.gap is not None) for kept in self._kept)
        if library == "pandas":
            return pandas_frame(columns, floats=floats)
        if library == "polars":
            return polars_frame(columns, floats=floats)
        raise UsageError(f"a frame is of 'pandas' or 'polars', not {library!r}")
