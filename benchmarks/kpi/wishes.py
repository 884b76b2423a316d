"""The wishes of a measurement: types and codes, all different."""

from collections.abc import Sequence

__all__ = ["COMPONENTS", "COUNTS", "MARKETS", "TYPES", "wishes"]

TYPES = ("ticker", "trade", "orderbook", "candle.1s")
MARKETS = 300
COMPONENTS = 100
"""The most components that wishes come from; fewer wishes have a component each."""
COUNTS = (1, 5, 10, 100, 500)


def wishes(count: int, codes: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """The first so many pairs of type and code: every code once before any comes again."""
    if count > len(TYPES) * len(codes):
        raise ValueError(f"{len(codes)} codes have no {count} streams of {len(TYPES)} types")
    # Each time through the codes begins with another type, so that no pair comes twice.
    turns = (divmod(n, len(codes)) for n in range(count))
    return tuple((TYPES[(turn + place) % len(TYPES)], codes[place]) for turn, place in turns)
