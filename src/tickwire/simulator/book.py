"""One order book: two sides of price levels, best first."""

from collections.abc import Sequence

from tickwire.simulator.spelling import default_price, default_size, simple_number

__all__ = ["BOOK_DEPTH", "Level", "grouped"]

BOOK_DEPTH = 30


class Level:
    """What rests at one price: an integer of 1e-8, like the size.

    A level keeps its own text. From one frame of a book to the next most levels stand still, and
    writing their numbers is most of the work of writing the frame.
    """

    __slots__ = ("price", "size", "texts")

    def __init__(self, price: int, size: int) -> None:
        self.price = price
        self.size = size
        # Price and size as DEFAULT and as SIMPLE write them, once somebody has wanted them.
        self.texts: list[tuple[str, str] | None] = [None, None]

    def __repr__(self) -> str:
        return f"Level({simple_number(self.price)} x {simple_number(self.size)})"

    def resize(self, size: int) -> None:
        """Now this much rests here."""
        self.size = size
        self.texts = [None, None]

    def write(self, short: bool) -> tuple[str, str]:
        """Enter the text in `texts`: SIMPLE if `short`, else DEFAULT."""
        if short:
            text = simple_number(self.price), simple_number(self.size)
        else:
            text = default_price(self.price), default_size(self.size)
        self.texts[short] = text
        return text


def grouped(side: Sequence[Level], step: int, *, asks: bool) -> list[Level]:
    """The side with its prices grouped in multiples of `step`, away from the other side."""
    groups: dict[int, int] = {}
    for level in side:
        price = level.price - level.price % step
        if asks and price != level.price:
            price += step
        groups[price] = groups.get(price, 0) + level.size
    return [Level(price, size) for price, size in groups.items()]
