"""The units of an orderbook as text, put together from what its levels have kept of themselves."""

from collections.abc import Sequence
from operator import attrgetter

from tickwire.simulator.market.book import BOOK_DEPTH, Level
from tickwire.simulator.spelling import default_price, default_size, simple_number

__all__ = ["orderbook_units"]

# What stands before each number of a unit and after the last, by `Format.short`. The units are put
# together from pieces such as `,"bid_price":4117000.0` which the levels keep: to join 120 of them
# is all that is left to do for a book in which nothing has changed.
_ASK = (('{"ask_price":', ',"ask_size":', ""), ('{"ap":', ',"as":', ""))
_BID = ((',"bid_price":', ',"bid_size":', "},"), (',"bp":', ',"bs":', "},"))

# Where a level keeps its two pieces, by `Format.short`.
_GET = (
    (attrgetter("long_price"), attrgetter("long_size")),
    (attrgetter("short_price"), attrgetter("short_size")),
)


def _write(level: Level, names: tuple[str, str, str], short: bool) -> tuple[str, str]:
    """Price and size of a level with their names; from now on kept by the level."""
    before_price, before_size, end = names
    if short:
        price = level.short_price or before_price + simple_number(level.price)
        size = f"{before_size}{simple_number(level.size)}{end}"
        level.short_price, level.short_size = price, size
    else:
        price = level.long_price or before_price + default_price(level.price)
        size = f"{before_size}{default_size(level.size)}{end}"
        level.long_price, level.long_size = price, size
    return price, size


def _padding(short: bool) -> list[str]:
    """Below the last level of a thin side frames go on with zeros."""
    ask_price, ask_size = _write(Level(0, 0), _ASK[short], short)
    bid_price, bid_size = _write(Level(0, 0), _BID[short], short)
    return [ask_price, bid_price, ask_size, bid_size] * BOOK_DEPTH


_PADDING = _padding(False), _padding(True)


def orderbook_units(asks: Sequence[Level], bids: Sequence[Level], depth: int, short: bool) -> str:
    """All units of a book to this depth, without the brackets."""
    pieces = _PADDING[short][: 4 * depth]
    get_price, get_size = _GET[short]
    for offset, side, names in ((0, asks, _ASK[short]), (1, bids, _BID[short])):
        sizes = list(map(get_size, side))
        if None in sizes:
            sizes = [get_size(one) or _write(one, names, short)[1] for one in side]
        end = 4 * len(side)
        pieces[offset:end:4] = map(get_price, side)
        pieces[offset + 2 : end : 4] = sizes
    return "".join(pieces)[:-1]
