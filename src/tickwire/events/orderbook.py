"""The order book: of thirty levels the best is often all that is read, so it is had alone."""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any, NamedTuple, Self, TypeVar, overload

from tickwire.errors import UsageError
from tickwire.events.base import BaseWebSocketEvent, Part
from tickwire.fields import Number, PartsField
from tickwire.hot import LazyParts
from tickwire.subscription import Stream

__all__ = ["BookLevel", "OrderbookEvent", "OrderbookUnit"]


class OrderbookUnit(Part):
    """The *i*-th best ask beside the *i*-th best bid; the two have nothing else in common."""

    __slots__ = ()
    ask_price = Number[Decimal]("price of the ask, 0 where the side is too thin")
    bid_price = Number[Decimal]("price of the bid, 0 where the side is too thin")
    ask_size = Number[Decimal]("size of the ask")
    bid_size = Number[Decimal]("size of the bid")


class BookLevel(NamedTuple):
    """One price of a book with the size waiting there."""

    price: Decimal
    size: Decimal


T_co = TypeVar("T_co", covariant=True)


class _Levels(Sequence[T_co]):
    """An immutable sequence that compares like a tuple."""

    __slots__ = ()

    @abstractmethod
    def _whole(self) -> tuple[T_co, ...]:
        """All of them."""

    def __len__(self) -> int:
        return len(self._whole())

    def __iter__(self) -> Iterator[T_co]:
        return iter(self._whole())

    def __eq__(self, other: object) -> bool:
        if isinstance(other, _Levels):
            other = other._whole()
        return self._whole() == other

    def __hash__(self) -> int:
        return hash(self._whole())

    def __repr__(self) -> str:
        return repr(self._whole())


class _WireUnits(LazyParts[OrderbookUnit], _Levels[OrderbookUnit]):
    """The units of a book that came over the wire."""

    __slots__ = ()


class _Side(_Levels[BookLevel]):
    """The levels of one side of a book, without padding; of the best one no other is decoded."""

    __slots__ = ("_all", "_level_of", "_units")

    def __init__(
        self, units: Sequence[OrderbookUnit], level_of: Callable[[OrderbookUnit], BookLevel]
    ) -> None:
        self._units = units
        self._level_of = level_of
        self._all: tuple[BookLevel, ...] | None = None

    def _whole(self) -> tuple[BookLevel, ...]:
        if self._all is None:
            self._all = tuple(level for level in map(self._level_of, self._units) if level.price)
        return self._all

    @overload
    def __getitem__(self, index: int) -> BookLevel: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[BookLevel, ...]: ...
    def __getitem__(self, index: int | slice) -> BookLevel | tuple[BookLevel, ...]:
        if index == 0 and self._all is None and (best := self._best()) is not None:
            return best
        return self._whole()[index]

    def _best(self) -> BookLevel | None:
        try:
            level = self._level_of(self._units[0])
        except IndexError:
            return None
        return level if level.price else None


class _Units(PartsField[Sequence[OrderbookUnit]]):
    part = OrderbookUnit
    sequence = _WireUnits


class OrderbookEvent(BaseWebSocketEvent):
    """The whole order book, best prices first. Each event replaces the one before.

    To those who want fewer levels than others it comes cut. Its totals and its `raw` are then
    still those of the message; what Upbit's totals count is not documented.
    """

    __slots__ = ()
    total_ask_size = Number[Decimal]("size of all asks listed")
    total_bid_size = Number[Decimal]("size of all bids listed")
    orderbook_units = _Units("the levels as they came, padding of a thin side included")
    level = Number[Decimal | None]("price step of the grouping, 0 for none; not on every host")

    def __init__(self, **fields: Any) -> None:
        super().__init__(**{"orderbook_units": (), **fields})

    @classmethod
    def _stream_of(cls, values: Any) -> Stream:
        return Stream(values.type, values.symbol, values.level or Decimal(0))

    @property
    def asks(self) -> Sequence[BookLevel]:
        """The asks, lowest first, without padding. `asks[0]` decodes no other level."""
        return _Side(self.orderbook_units, lambda unit: BookLevel(unit.ask_price, unit.ask_size))

    @property
    def bids(self) -> Sequence[BookLevel]:
        """The bids, highest first, without padding. `bids[0]` decodes no other level."""
        return _Side(self.orderbook_units, lambda unit: BookLevel(unit.bid_price, unit.bid_size))

    def cut_to(self, depth: int) -> Self:
        """The same book in no more levels than these, at least one; raises `ProtocolError`.

        No number of a level is made for it.
        """
        if depth < 1:
            raise UsageError(f"a book has at least one level, so it cannot be cut to {depth!r}")
        units = self.orderbook_units
        if len(units) <= depth:
            return self
        event = type(self).__new__(type(self))
        event._build(
            self._origin,
            tuple(
                tuple(units[:depth]) if name == "orderbook_units" else getattr(self, name)
                for name in type(self)._fields
            ),
        )
        event._restore(self._body, self.received_time_ns, self.handed_over)
        return event

    def to_dict(self) -> dict[str, Any]:
        """The fields by name, each unit as a dict of its own."""
        units = [unit.to_dict() for unit in self.orderbook_units]
        return super().to_dict() | {"orderbook_units": units}
