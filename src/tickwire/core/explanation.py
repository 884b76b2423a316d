"""Why a component has its data or not: who wants what, what carries it, and what it waits for.

Values only. A connection knows what a stream waits for, the lanes why it is carried where it is,
and the manager who else wants it; here it is put together, and into words.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from tickwire.subscription import FULL_DEPTH, ORDINARY, Stream, Terms

__all__ = ["Carried", "Conflict", "Explanation", "StreamExplanation", "Wait", "WaitsFor"]

_MOST_NAMED = 3


class WaitsFor(StrEnum):
    """What stands between a wish and its data."""

    HANDSHAKE = "the connection to open"
    CONNECT_LIMIT = "the limit of connects"
    BACK_OFF = "the next attempt to connect"
    DEBOUNCE = "the debounce"
    MESSAGE_LIMIT = "the limit of messages"
    DATA = "its first data"
    SILENCE = "a while without an objection"
    NOTHING = "nothing: the connection was closed for good"


@dataclass(frozen=True)
class Wait:
    """What a stream waits for, in seconds from now: `since_s` ago, and until in `until_s`.

    Each is `None` where it is not known: nobody can say how long a handshake takes.
    """

    reason: WaitsFor
    since_s: float | None = None
    until_s: float | None = None

    def __str__(self) -> str:
        since = "" if self.since_s is None else f", since {self.since_s:.1f} s"
        until = "" if self.until_s is None else f", {max(0.0, self.until_s):.2f} s more"
        return f"waits for {self.reason}{since}{until}"


@dataclass(frozen=True)
class Carried:
    """What one connection has to say about a stream.

    `message` is the how manieth of this connection, with its `ticket`; 0 if none asked for the
    stream yet, while `was_asked_before` tells whether one of a connection lost since did.
    `confirmed_s` is how long ago it was confirmed, by data or because nobody objected. `trouble` is
    what was said when the connection was last refused or lost, until all is confirmed again.
    """

    epoch: int
    state: str
    message: int = 0
    ticket: str = ""
    sent_s: float = 0.0
    confirmed_s: float | None = None
    by_data: bool = False
    wait: Wait | None = None
    was_asked_before: bool = False
    trouble: str = ""

    def __str__(self) -> str:
        parts = []
        if self.message:
            parts.append(f"asked for by message {self.message} ({self.ticket}) {_ago(self.sent_s)}")
        else:
            parts.append(f"not asked for {'again ' * self.was_asked_before}yet")
        if self.confirmed_s is not None:
            how = "its data" if self.by_data else "silence: nobody objected"
            parts.append(f"confirmed {_ago(self.confirmed_s)} by {how}")
        if self.wait is not None:
            parts.append(str(self.wait))
        if self.trouble and self.confirmed_s is None:
            parts.append(f"lost: {self.trouble}")
        return "; ".join(parts)


@dataclass(frozen=True)
class Conflict:
    """Why a stream could not be given to a lane: it carried another one in its place, or was full.

    Two streams conflict if one connection cannot carry both, such as two groupings of one book.
    """

    lane: int
    other: Stream | None

    def __str__(self) -> str:
        if self.other is None:
            return f"lane {self.lane} is full"
        return f"{self.other} is on lane {self.lane} and cannot share a connection with it"


@dataclass(frozen=True)
class StreamExplanation:
    """One stream that a component wants: `lane` is the how manieth connection to its endpoint.

    `terms` is the part of it that the component wants, `asked` the one that the connection was
    asked for, or is to be: as much as all who want it need. What is too much is kept back.
    """

    stream: Stream
    also_wanted_by: tuple[str, ...]
    endpoint: str
    lane: int
    carried: Carried
    conflicts: tuple[Conflict, ...] = ()
    terms: Terms = ORDINARY
    asked: Terms = ORDINARY

    def __str__(self) -> str:
        return "\n".join([self.name, *self.told])

    @property
    def name(self) -> str:
        """The stream, with the part of it that is wanted if that is not all."""
        return f"{self.stream} ({self.part})" if self.part else str(self.stream)

    @property
    def part(self) -> str:
        """What part of it is wanted, and what else was asked for; empty for all of it."""
        wanted, asked = self.terms, self.asked
        parts = []
        if wanted.is_only_snapshot:
            parts.append("snapshot only" + ", the rest kept back" * (not asked.is_only_snapshot))
        if wanted.is_only_realtime:
            parts.append("realtime only, the snapshot kept back")
        levels = "1 level" if wanted.depth == 1 else f"{wanted.depth} levels"
        if wanted.depth < asked.depth:
            parts.append(f"{levels}, cut from {asked.depth}")
        elif wanted.depth > asked.depth:
            parts.append(f"{levels}, {asked.depth} asked for so far")
        elif wanted.depth < FULL_DEPTH:
            parts.append(levels)
        return "; ".join(parts)

    @property
    def told(self) -> tuple[str, str]:
        """All but its name: where it is carried, and what has become of it there."""
        carried = self.carried
        where = f"on {self.endpoint} lane {self.lane} ({carried.state}, epoch {carried.epoch})"
        if self.conflicts:
            where += f", because {' and '.join(map(str, self.conflicts))}"
        if self.also_wanted_by:
            where += f"; wanted by {_some(self.also_wanted_by)} as well"
        return f"    {where}", f"    {carried}"


@dataclass(frozen=True)
class Explanation:
    """All that a component wants and what has become of it, as of the moment of asking.

    As text it has a few lines for each stream, or for several of which the same is true.
    """

    component_id: str
    streams: tuple[StreamExplanation, ...]
    rejected: tuple[tuple[Stream, str], ...] = ()
    """What it wanted last and cannot have, and why."""

    def __str__(self) -> str:
        return "\n".join(
            [*self._wanted(), *(f"  {s} is rejected: {why}" for s, why in self.rejected)]
        )

    def _wanted(self) -> list[str]:
        if not self.streams:
            return [f"{self.component_id!r} wants nothing"]
        alike: dict[tuple[str, ...], list[StreamExplanation]] = {}
        for each in self.streams:
            alike.setdefault((each.stream.type, each.part, *each.told), []).append(each)
        streams = "1 stream" if len(self.streams) == 1 else f"{len(self.streams)} streams"
        lines = [f"{self.component_id!r} wants {streams}:"]
        for (_, _, *told), those in alike.items():
            lines += [f"  {_some([each.name for each in those])}", *told]
        return lines


def _some(names: Iterable[str]) -> str:
    several = list(names)
    if len(several) > _MOST_NAMED:
        several[_MOST_NAMED - 1 :] = [f"{len(several) - _MOST_NAMED + 1} more"]
    *most, last = several
    return f"{', '.join(most)} and {last}" if most else last


def _ago(seconds: float) -> str:
    return f"{seconds:.1f} s ago"
