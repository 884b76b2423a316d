"""What gives way when a component is slower than its events: one named policy for each type.

A state (ticker, order book, candle) makes the one before it worthless, so the newest takes its
place. A trade is worth keeping, up to a point. What concerns an account, news and signals are
never given up, and neither are control events; a component that lets a hundred thousand of them
pile up is beyond help and fails alone.
"""

from dataclasses import dataclass

from tickwire.subscription import DataType

__all__ = ["NEVER_DROP", "OVERFLOW", "Conflate", "DropOldest", "NeverDrop", "Overflow"]


@dataclass(frozen=True)
class Conflate:
    """Keep the newest event of each stream, at its own place in the order."""


@dataclass(frozen=True)
class DropOldest:
    """Keep the newest `limit` events of the type."""

    limit: int


@dataclass(frozen=True)
class NeverDrop:
    """Keep everything; above `limit` waiting events the component fails."""

    limit: int


Overflow = Conflate | DropOldest | NeverDrop

NEVER_DROP = NeverDrop(limit=100_000)

OVERFLOW: dict[str, Overflow] = {
    DataType.TICKER: Conflate(),
    DataType.TRADE: DropOldest(limit=1_000),
    DataType.ORDERBOOK: Conflate(),
    **{data_type: Conflate() for data_type in DataType if data_type.is_candle},
    DataType.MY_ORDER: NEVER_DROP,
    DataType.MY_ASSET: NEVER_DROP,
    DataType.ANNOUNCEMENT: NEVER_DROP,
    DataType.INDICATOR: NEVER_DROP,
    DataType.INDICATOR_SIGNAL: NEVER_DROP,
}
