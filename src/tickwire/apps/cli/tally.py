"""The demonstration in figures: what the exchange saw and what reached the components."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len

from tickwire.apps.cli.figures import padded
from tickwire.apps.cli.words import Words
from tickwire.statistics import ManagerStatistics

__all__ = ["Tally", "summary"]


@dataclass(frozen=True)
class Tally:
    """All counts up to one moment, or between two.

    `connections`, `messages` and `breaches` are counted by the exchange, the others by the client.
    `lost` are events that arrived and of which nothing is known: neither delivered, nor conflated,
    nor pending. Few of the twenty listen for losses, so a dropped event counts as lost here.
    """

    connections: int
    messages: int
    breaches: int
    delivered: int
    conflated: int
    dropped: int
    lost: int
    handler_errors: int
    confirmed: int
    asked: int

    @classmethod
    def of(cls, exchange: dict[str, Any], client: ManagerStatistics) -> "Tally":
        """From the statistics of both sides."""
        components = client.components.values()
        unaccounted = sum(
            c.received - c.delivered - c.conflated - c.withdrawn - c.pending for c in components
        )
        return cls(
            connections=len(exchange["connections"]),
            messages=sum(len(each["messages"]) for each in exchange["connections"]),
            breaches=sum(exchange["totals"]["breaches"].values()),
            delivered=sum(c.delivered for c in components),
            conflated=sum(c.conflated for c in components),
            dropped=sum(c.dropped for c in components),
            lost=unaccounted + client.delivery.undecodable,
            handler_errors=sum(c.handler_errors for c in components),
            confirmed=sum(lane.alive for lane in client.lanes),
            asked=client.streams,
        )

    def since(self, earlier: "Tally") -> "Tally":
        """What came to pass in between; the streams are those of now."""
        return Tally(
            connections=self.connections - earlier.connections,
            messages=self.messages - earlier.messages,
            breaches=self.breaches - earlier.breaches,
            delivered=self.delivered - earlier.delivered,
            conflated=self.conflated - earlier.conflated,
            dropped=self.dropped - earlier.dropped,
            lost=self.lost - earlier.lost,
            handler_errors=self.handler_errors - earlier.handler_errors,
            confirmed=self.confirmed,
            asked=self.asked,
        )


def summary(before: Tally, after: Tally | None, *, wishes: int, words: Words) -> list[str]:
    """A small table: one column before the drop and, if there was one, another after it."""
    columns = [(words.before, before)] + ([(words.after, after)] if after else [])
    rows: list[list[str]] = [["", *(title for title, _ in columns)]]

    def add(label: str, figure: Callable[[Tally], str]) -> None:
        rows.append([label, *(figure(tally) for _, tally in columns)])

    add(words.wishes, lambda _: f"{wishes:,}")
    add(words.connections, lambda tally: f"{tally.connections:,}")
    add(words.messages_seen, lambda tally: f"{tally.messages:,}")
    add(words.confirmed, lambda tally: f"{tally.confirmed:,}/{tally.asked:,}")
    add(words.delivered, lambda tally: f"{tally.delivered:,}")
    add(words.conflated, lambda tally: f"{tally.conflated:,}")
    add(words.dropped, lambda tally: f"{tally.dropped:,}")
    add(words.breaches, lambda tally: f"{tally.breaches:,}")
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    return [
        "   ".join(
            padded(text, width, is_number=index > 0)
            for index, (text, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
