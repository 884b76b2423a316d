"""The desired set as one asks about it: by type and endpoint, and in figures."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from tickwire.core.exchange import Endpoint
from tickwire.core.interest import Interest, SubscriptionChange
from tickwire.errors import UsageError
from tickwire.subscription import DataType, Stream

__all__ = ["StreamSummary", "SubscriptionManager"]


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


class SubscriptionManager(Interest):
    """The desired state of all components, merged; what it tells are copies."""

    def __init__(
        self,
        changed: Callable[[SubscriptionChange], None],
        *,
        endpoint_of: Callable[[DataType | str], Endpoint] = lambda data_type: Endpoint.PUBLIC,
    ) -> None:
        """`endpoint_of` tells which types are private; without it, none are."""
        super().__init__(changed)
        self._endpoint_of = endpoint_of

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

    @property
    def pending_snapshots(self) -> tuple[Stream, ...]:
        """Streams of which no more than a snapshot is wanted, that has not come yet."""
        return tuple(sorted(s for s, terms in self._terms.items() if terms.is_only_snapshot))

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
