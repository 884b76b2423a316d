"""The twenty components of the demonstration, and what each of them wants."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tickwire import DataType, SubscriptionSpec

__all__ = ["ALERTS", "TYPES", "Part", "parts"]

TYPES = (DataType.TICKER, DataType.TRADE, DataType.ORDERBOOK)

ALERTS = "alerts-1"
"""The one that iterates: it wants everything and hears what becomes of the connection."""


@dataclass(frozen=True)
class Part:
    """One component: its name, its wishes, and where their events go (`None`: it iterates)."""

    name: str
    wishes: tuple[SubscriptionSpec, ...]
    callback: Callable[[Any], Any] | None


def on_event(event: object) -> None:
    """What a real component would do here is its own business."""


async def on_event_async(event: object) -> None:
    """The same for one that would await something."""


# Name, how many, callback, and how many markets of each of the three types.
_ROLES: tuple[tuple[str, int, Callable[[Any], Any], tuple[int, int, int]], ...] = (
    ("strategy", 6, on_event, (10, 10, 15)),
    ("chart", 6, on_event_async, (5, 20, 5)),
    ("portfolio", 7, on_event, (25, 3, 12)),
)


def parts(codes: Sequence[str]) -> tuple[Part, ...]:
    """Everybody, each with markets of its own; together they want all types of all codes."""
    cast: list[Part] = []
    for role, members, callback, sizes in _ROLES:
        for number in range(members):
            first = number * len(codes) // members
            wishes = (
                _wish(data_type, codes, first, size)
                for data_type, size in zip(TYPES, sizes, strict=True)
            )
            cast.append(Part(f"{role}-{number + 1}", tuple(wishes), callback))
    everything = tuple(SubscriptionSpec(data_type, codes) for data_type in TYPES)
    cast.append(Part(ALERTS, everything, None))
    return tuple(cast)


def _wish(data_type: DataType, codes: Sequence[str], first: int, size: int) -> SubscriptionSpec:
    """So many codes from this one on, round and round."""
    return SubscriptionSpec(data_type, [codes[(first + i) % len(codes)] for i in range(size)])
