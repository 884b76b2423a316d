"""Who wants what, counted: the desired set of streams.

Each component owns a set of streams. A stream is desired while at least one component wants it,
so the first interest adds it, the last one removes it, and everything between changes nothing.
There is no other bookkeeping: what goes over the wire is always worked out from this set.

Most want all of a stream. Who wants less, a few levels of a book or no more than its snapshot, is
remembered apart: that is all of them only as long as nobody wants more.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from tickwire.subscription import ORDINARY, Stream, Terms

__all__ = ["Interest", "SubscriptionChange"]


@dataclass(frozen=True)
class SubscriptionChange:
    """Streams that have become desired, and streams that nobody wants any more.

    `altered` are streams, some of them added, that are wanted on other terms than before; what is
    added without being altered is wanted on ordinary ones.
    """

    added: tuple[Stream, ...]
    removed: tuple[Stream, ...]
    altered: Mapping[Stream, Terms] = field(default_factory=dict)


class Interest:
    """The desired state of all components, merged.

    Changes take effect at once and are reported to `changed` after the state is complete, so the
    callback may call back in. An update that changes nothing desired is not reported.
    """

    def __init__(self, changed: Callable[[SubscriptionChange], None]) -> None:
        self._changed = changed
        self._metrics = {"wishes": 0, "added": 0, "removed": 0}
        self._wishes: dict[str, frozenset[Stream]] = {}
        self._holders: Counter[Stream] = Counter()
        # Of the holders those who want less than all, and what that comes to.
        self._modest: dict[Stream, dict[str, Terms]] = {}
        self._terms: dict[Stream, Terms] = {}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {len(self)} streams for {len(self._wishes)} components>"

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

    def terms_of(self, stream: Stream) -> Terms:
        """What part of a stream has to be asked for, by all who want it."""
        return self._terms.get(stream, ORDINARY)

    def replace(
        self,
        component_id: str,
        streams: Iterable[Stream],
        modest: Mapping[Stream, Terms] = MappingProxyType({}),
    ) -> None:
        """Set what a component wants, in place of what it wanted before; nothing forgets it.

        `modest` are those of the streams of which it does not want all.
        """
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
        self._metrics["wishes"] += wanted != before
        self._metrics["added"] += len(added)
        self._metrics["removed"] += len(removed)
        if wanted:
            self._wishes[component_id] = wanted
        else:
            self._wishes.pop(component_id, None)
        altered = self._alter(component_id, wanted | before, modest)
        if added or removed or altered:
            self._changed(SubscriptionChange(added, tuple(removed), altered))

    def _alter(
        self, component_id: str, touched: frozenset[Stream], modest: Mapping[Stream, Terms]
    ) -> dict[Stream, Terms]:
        """The streams that are wanted on other terms than before, by these of one component."""
        altered: dict[Stream, Terms] = {}
        for stream in sorted(touched & (modest.keys() | self._modest.keys())):
            holders = self._modest.setdefault(stream, {})
            if stream in modest:
                holders[component_id] = modest[stream]
            else:
                holders.pop(component_id, None)
            terms = ORDINARY
            if holders and len(holders) == self._holders[stream]:
                terms = Terms.together(holders.values())
            if terms != self.terms_of(stream) and stream in self._holders:
                altered[stream] = terms
            if terms == ORDINARY:
                self._terms.pop(stream, None)
            else:
                self._terms[stream] = terms
            if not holders:
                del self._modest[stream]
        return altered
