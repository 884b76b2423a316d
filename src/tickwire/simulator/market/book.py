"""One order book: two sides of price levels, best first."""

from collections.abc import Sequence

from tickwire.simulator.spelling import simple_number

__all__ = ["BOOK_DEPTH", "Level", "grouped"]

BOOK_DEPTH = 30


class Level:
    """What rests at one price: an integer of 1e-8, like the size. A level does not change.

    So a copy of the list of levels is a picture of the book, and a level can keep its own text:
    from one frame of a book to the next most levels stand still, and writing their numbers is
    most of the work of writing the frame.
    """

    __slots__ = ("long_price", "long_size", "price", "short_price", "short_size", "size")

    def __init__(self, price: int, size: int) -> None:
        self.price = price
        self.size = size
        # Both as DEFAULT and as SIMPLE frames have them, once somebody has wanted them. In fields
        # of their own: at thousands of books a second the way to one more object is what costs.
        self.long_price: str | None = None
        self.long_size: str | None = None
        self.short_price: str | None = None
        self.short_size: str | None = None

    def __repr__(self) -> str:
        return f"Level({simple_number(self.price)} x {simple_number(self.size)})"

    def resized(self, size: int) -> "Level":
        """A level at the same price, which need not be written again."""
        level = Level(self.price, size)
        level.long_price, level.short_price = self.long_price, self.short_price
        return level

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Level):
            return NotImplemented
        return self.price == other.price and self.size == other.size

    def __hash__(self) -> int:
        return hash((self.price, self.size))


def grouped(side: Sequence[Level], step: int, *, asks: bool) -> list[Level]:
    """The side with its prices grouped in multiples of `step`, away from the other side."""
    groups: dict[int, int] = {}
    for level in side:
        price = level.price - level.price % step
        if asks and price != level.price:
            price += step
        groups[price] = groups.get(price, 0) + level.size
    return [Level(price, size) for price, size in groups.items()]
