"""The order book: of thirty levels the best is often all that is read, so it is had alone."""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar, overload

import msgspec

from tickwire.errors import ProtocolError
from tickwire.events.base import BaseWebSocketEvent, Part, Payload
from tickwire.fields import Field, Number, View
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
    """An immutable sequence of which the first is often all that anybody wants."""

    __slots__ = ("_all",)
    _all: tuple[T_co, ...] | None

    def __init__(self) -> None:
        self._all = None

    def _made(self) -> tuple[T_co, ...]:
        """All of them."""
        raise NotImplementedError

    def _first(self) -> T_co | None:
        """The first without the others, if that can be had."""
        raise NotImplementedError

    def _whole(self) -> tuple[T_co, ...]:
        if self._all is None:
            self._all = self._made()
        return self._all

    @overload
    def __getitem__(self, index: int) -> T_co: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[T_co, ...]: ...
    def __getitem__(self, index: int | slice) -> T_co | tuple[T_co, ...]:
        if index == 0 and self._all is None and (first := self._first()) is not None:
            return first
        return self._whole()[index]

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


class _WireUnits(_Levels[OrderbookUnit]):
    """The units of a book that came over the wire.

    They lead back to the message, not to the event, which leads to them: no cycles to collect.
    """

    __slots__ = ("_best", "_literal", "_payload")

    def __init__(self, literal: msgspec.Raw, payload: Payload) -> None:
        super().__init__()
        self._literal = literal
        self._payload = payload
        self._best: OrderbookUnit | None = None

    def _made(self) -> tuple[OrderbookUnit, ...]:
        layout = self._payload.layout
        assert layout is not None
        try:
            decoded = layout.parts(self._literal)
        except ProtocolError as error:
            self._payload.report(error)
            raise
        return tuple(OrderbookUnit.view(values, self._payload) for values in decoded)

    def _first(self) -> OrderbookUnit | None:
        if self._best is None:
            layout = self._payload.layout
            assert layout is not None
            values = layout.first_part(self._literal)
            if values is not None:
                self._best = OrderbookUnit.view(values, self._payload)
        return self._best


class _Side(_Levels[BookLevel]):
    """The levels of one side of a book, without padding."""

    __slots__ = ("_level_of", "_units")

    def __init__(
        self, units: Sequence[OrderbookUnit], level_of: Callable[[OrderbookUnit], BookLevel]
    ) -> None:
        super().__init__()
        self._units = units
        self._level_of = level_of

    def _made(self) -> tuple[BookLevel, ...]:
        return tuple(level for level in map(self._level_of, self._units) if level.price)

    def _first(self) -> BookLevel | None:
        try:
            level = self._level_of(self._units[0])
        except IndexError:
            return None
        return level if level.price else None


class _Units(Field[Sequence[OrderbookUnit]]):
    """The levels of a book, decoded when they are read; the best one alone if it is all."""

    def decoded(self, literal: msgspec.Raw, view: View) -> Sequence[OrderbookUnit]:
        assert isinstance(view, OrderbookEvent)
        return _WireUnits(literal, view._payload)

    def converted(self, value: Any) -> tuple[OrderbookUnit, ...]:
        return tuple(
            unit if isinstance(unit, OrderbookUnit) else OrderbookUnit(**unit) for unit in value
        )


class OrderbookEvent(BaseWebSocketEvent):
    """The whole order book, best prices first. Each event replaces the one before."""

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

    def to_dict(self) -> dict[str, Any]:
        """The fields by name, each unit as a dict of its own."""
        units = [unit.to_dict() for unit in self.orderbook_units]
        return super().to_dict() | {"orderbook_units": units}
