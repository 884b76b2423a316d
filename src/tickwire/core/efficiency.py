"""How little is said: the messages that say all that is wanted, beside those of a naive sender.

A naive sender has one connection to each endpoint and sends a message for each component that
comes, naming all that is wanted by then, since a message replaces the one before. What tickwire
sends is one message for each connection.

The efficiency of what was sent is a product of three shares, each at most 1:

    (least messages / messages) x (least bytes / bytes) x (streams wanted / streams named)

It is 1 for the least that says the same, half of that if any one of them doubles, and never 0
while something is wanted. It says nothing about time: to wait longer would always be better by it.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from tickwire.core.exchange import Endpoint
from tickwire.subscription import DataType, Stream

__all__ = ["PlannedMessage", "SubscriptionPlan", "Traffic", "efficiency", "naive_traffic"]


class Traffic(NamedTuple):
    """Messages, their bytes, and the streams that they name, each as often as it is named."""

    messages: int = 0
    bytes: int = 0
    named: int = 0

    def and_one(self, size: int, named: int) -> "Traffic":
        """The same and one more message."""
        return Traffic(self.messages + 1, self.bytes + size, self.named + named)


def efficiency(sent: Traffic, least: Traffic) -> float:
    """How near what was sent comes to the least that says the same, from 0 to 1."""
    score = 1.0
    for ours, needed in zip(sent, least, strict=True):
        score *= min(1.0, needed / ours) if ours else 1.0
    return score


@dataclass(frozen=True)
class PlannedMessage:
    """The message that would say all that one connection is to carry."""

    endpoint: Endpoint
    lane: int
    streams: tuple[Stream, ...]
    bytes: int


@dataclass(frozen=True)
class SubscriptionPlan:
    """What would be sent if everything were to be said anew, beside what was sent.

    `naive` is what a naive sender would have sent for the same wishes, coming one by one and never
    taken back. `sent` is all that was sent since the start: by every change that was said, and by
    every connection that was lost, it is more.
    """

    messages: tuple[PlannedMessage, ...]
    naive: Traffic
    sent: Traffic

    @property
    def traffic(self) -> Traffic:
        """The planned messages in figures."""
        return Traffic(
            len(self.messages),
            sum(each.bytes for each in self.messages),
            sum(len(each.streams) for each in self.messages),
        )

    @property
    def efficiency(self) -> float:
        """How near what was sent comes to this plan."""
        return efficiency(self.sent, self.traffic)

    @property
    def naive_efficiency(self) -> float:
        """How near a naive sender would come to it."""
        return efficiency(self.naive, self.traffic)


def naive_traffic(
    wishes: Iterable[Iterable[Stream]],
    endpoint_of: Callable[[DataType | str], Endpoint],
    size_of: Callable[[Collection[Stream]], int],
) -> Traffic:
    """What a naive sender would send for these wishes, one component after the other."""
    traffic = Traffic()
    carried: dict[Endpoint, set[Stream]] = {}
    for wish in wishes:
        touched: dict[Endpoint, None] = {}
        for stream in wish:
            endpoint = endpoint_of(stream.type)
            touched[endpoint] = None
            carried.setdefault(endpoint, set()).add(stream)
        for endpoint in touched:
            streams = carried[endpoint]
            traffic = traffic.and_one(size_of(streams), len(streams))
    return traffic
