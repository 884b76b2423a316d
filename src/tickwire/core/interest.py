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

from tickwire.core.exchange import Endpoint
from tickwire.errors import UsageError
from tickwire.subscription import ORDINARY, DataType, Stream, Terms

__all__ = ["StreamSummary", "SubscriptionChange", "SubscriptionManager"]


@dataclass(frozen=True)
class SubscriptionChange:
    """Streams that have become desired, and streams that nobody wants any more.

    `altered` are streams, some of them added, that are wanted on other terms than before; what is
    added without being altered is wanted on ordinary ones.
    """

    added: tuple[Stream, ...]
    removed: tuple[Stream, ...]
    altered: Mapping[Stream, Terms] = field(default_factory=dict)


@dataclass(frozen=True)
class StreamSummary:
    """The desired set in figures.

    `public_streams` and `private_streams` map a data type to its number of streams; whatever needs
    keys is private. `pending_snapshots` are streams of which no more than a snapshot is wanted.
    `metrics` counts since the start: how often a component has changed its `wishes`, and the
    streams that were `added` to the desired set and `removed` from it by that.
    """

    public_streams: dict[str, int]
    private_streams: dict[str, int]
    total_symbols: int
    active_components: int
    pending_snapshots: int
    metrics: dict[str, int]


class SubscriptionManager:
    """The desired state of all components, merged.

    Changes take effect at once and are reported to `changed` after the state is complete, so the
    callback may call back in. An update that changes nothing desired is not reported.
    """

    def __init__(
        self,
        changed: Callable[[SubscriptionChange], None],
        *,
        endpoint_of: Callable[[DataType | str], Endpoint] = lambda data_type: Endpoint.PUBLIC,
    ) -> None:
        """`endpoint_of` tells which types are private; without it, none are."""
        self._changed = changed
        self._endpoint_of = endpoint_of
        self._metrics = {"wishes": 0, "added": 0, "removed": 0}
        self._wishes: dict[str, frozenset[Stream]] = {}
        self._holders: Counter[Stream] = Counter()
        # Of the holders those who want less than all, and what that comes to.
        self._modest: dict[Stream, dict[str, Terms]] = {}
        self._terms: dict[Stream, Terms] = {}

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

    def wishes(self) -> tuple[frozenset[Stream], ...]:
        """What each component wants, in the order in which they began to want something."""
        return tuple(self._wishes.values())

    def others_by_stream(self, component_id: str) -> dict[Stream, tuple[str, ...]]:
        """Of the streams that a component wants: which others want them too, by their ids."""
        others: dict[Stream, list[str]] = {}
        wanted = self.wishes_of(component_id)
        for other, streams in sorted(self._wishes.items()):
            if other != component_id:
                for stream in wanted & streams:
                    others.setdefault(stream, []).append(other)
        return {stream: tuple(ids) for stream, ids in others.items()}

    def terms_of(self, stream: Stream) -> Terms:
        """What part of a stream has to be asked for, by all who want it."""
        return self._terms.get(stream, ORDINARY)

    @property
    def pending_snapshots(self) -> tuple[Stream, ...]:
        """Streams of which no more than a snapshot is wanted, that has not come yet."""
        return tuple(sorted(s for s, terms in self._terms.items() if terms.is_only_snapshot))

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

    # --- in figures ---------------------------------------------------------------------------

    def get_public_subscriptions(self) -> dict[DataType | str, set[str]]:
        """The symbols wanted of each type that needs no keys; a copy."""
        return self._symbols_by_type(is_public=True)

    def get_private_subscriptions(self) -> dict[DataType | str, set[str]]:
        """The same of the types that need keys: your orders and assets, news and indicators.

        A type without symbols has an empty set, and so have your orders in all markets.
        """
        return self._symbols_by_type(is_public=False)

    def get_realtime_streams(
        self, connection_type: Endpoint | str
    ) -> dict[DataType | str, set[str]]:
        """The same for the connections to one endpoint: `"public"`, `"private"` or `"info"`."""
        try:
            endpoint = Endpoint(str(connection_type).lower())
        except ValueError:
            known = ", ".join(Endpoint)
            raise UsageError(
                f"unknown connection type {connection_type!r}; expected one of: {known}"
            ) from None
        return _symbols_by_type(s for s in self._holders if self._endpoint_of(s.type) is endpoint)

    def get_stream_summary(self) -> StreamSummary:
        """The desired set in figures."""
        public, private = (
            dict(sorted(Counter(str(s.type) for s in self._of(is_public=which)).items()))
            for which in (True, False)
        )
        return StreamSummary(
            public_streams=public,
            private_streams=private,
            total_symbols=_symbols(self._holders),
            active_components=len(self._wishes),
            pending_snapshots=len(self.pending_snapshots),
            metrics=dict(self._metrics),
        )

    def get_subscription_stats(self) -> dict[str, int]:
        """Components, and the streams and symbols that they want, public and private."""
        public, private = (list(self._of(is_public=which)) for which in (True, False))
        return {
            "components": len(self._wishes),
            "public_streams": len(public),
            "public_symbols": _symbols(public),
            "private_streams": len(private),
            "private_symbols": _symbols(private),
        }

    def _of(self, *, is_public: bool) -> Iterator[Stream]:
        for stream in self._holders:
            if (self._endpoint_of(stream.type) is Endpoint.PUBLIC) == is_public:
                yield stream

    def _symbols_by_type(self, *, is_public: bool) -> dict[DataType | str, set[str]]:
        return _symbols_by_type(self._of(is_public=is_public))


def _symbols_by_type(streams: Iterable[Stream]) -> dict[DataType | str, set[str]]:
    by_type: dict[DataType | str, set[str]] = {}
    for stream in streams:
        by_type.setdefault(stream.type, set()).add(stream.symbol)
    # Whoever asks for all of a type asks for those that others have named as well.
    return {kind: set() if "" in names else names for kind, names in sorted(by_type.items())}


def _symbols(streams: Iterable[Stream]) -> int:
    return len({stream.symbol for stream in streams if stream.symbol})
