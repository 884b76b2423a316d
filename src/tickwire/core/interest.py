"""Who wants what, counted: the desired set of streams.

Each component owns a set of streams. A stream is desired while at least one component wants it,
so the first interest adds it, the last one removes it, and everything between changes nothing.
There is no other bookkeeping: what goes over the wire is always worked out from this set.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from tickwire.subscription import Stream

__all__ = ["StreamSummary", "SubscriptionChange", "SubscriptionManager"]


@dataclass(frozen=True)
class SubscriptionChange:
    """Streams that have become desired, and streams that nobody wants any more."""

    added: tuple[Stream, ...]
    removed: tuple[Stream, ...]


@dataclass(frozen=True)
class StreamSummary:
    """The desired set in figures: `streams` maps a data type to its number of symbols."""

    streams: dict[str, int]
    total_symbols: int
    active_components: int


class SubscriptionManager:
    """The desired state of all components, merged.

    Changes take effect at once and are reported to `changed` after the state is complete, so the
    callback may call back in. An update that changes nothing desired is not reported.
    """

    def __init__(self, changed: Callable[[SubscriptionChange], None]) -> None:
        self._changed = changed
        self._wishes: dict[str, frozenset[Stream]] = {}
        self._holders: Counter[Stream] = Counter()

    def __repr__(self) -> str:
        return f"<SubscriptionManager {len(self)} streams for {len(self._wishes)} components>"

    def __len__(self) -> int:
        return len(self._holders)

    def __iter__(self) -> Iterator[Stream]:
        return iter(tuple(self._holders))

    def wishes_of(self, component_id: str) -> frozenset[Stream]:
        """The streams that this component wants."""
        return self._wishes.get(component_id, frozenset())

    def is_wanted(self, stream: Stream, *, by: str | None = None) -> bool:
        """Whether a component wants this stream, or anybody."""
        return stream in (self._holders if by is None else self.wishes_of(by))

    def others_by_stream(self, component_id: str) -> dict[Stream, tuple[str, ...]]:
        """Of the streams that a component wants: which others want them too, by their ids."""
        others: dict[Stream, list[str]] = {}
        wanted = self.wishes_of(component_id)
        for other, streams in sorted(self._wishes.items()):
            if other != component_id:
                for stream in wanted & streams:
                    others.setdefault(stream, []).append(other)
        return {stream: tuple(ids) for stream, ids in others.items()}

    def replace(self, component_id: str, streams: Iterable[Stream]) -> None:
        """Set what a component wants, in place of what it wanted before; nothing forgets it."""
        wanted = frozenset(streams)
        before = self.wishes_of(component_id)
        added = tuple(sorted(s for s in wanted - before if s not in self._holders))
        self._holders.update(wanted - before)
        removed = []
        for stream in sorted(before - wanted):
            self._holders[stream] -= 1
            if not self._holders[stream]:
                del self._holders[stream]
                removed.append(stream)
        if wanted:
            self._wishes[component_id] = wanted
        else:
            self._wishes.pop(component_id, None)
        if added or removed:
            self._changed(SubscriptionChange(added, tuple(removed)))

    def get_stream_summary(self) -> StreamSummary:
        """The desired set in figures."""
        by_type = Counter(str(stream.type) for stream in self._holders)
        return StreamSummary(
            streams=dict(sorted(by_type.items())),
            total_symbols=len({stream.symbol for stream in self._holders if stream.symbol}),
            active_components=len(self._wishes),
        )
