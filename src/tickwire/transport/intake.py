"""What a socket has brought, sorted: data to the reader, what else was said to the connection."""

from collections.abc import Container, Hashable, Iterable, Sequence
from typing import Protocol

from tickwire.control import ControlEvent
from tickwire.core.exchange import Exchange, Listed, Other, Refusal, Status
from tickwire.core.planner import Plan
from tickwire.errors import ProtocolError
from tickwire.events import BaseWebSocketEvent
from tickwire.subscription import Stream

__all__ = ["Intake", "Reader"]


class Reader(Protocol):
    """Who takes what has come: delivers data and passes on what became of it."""

    def process(
        self,
        lane: Hashable,
        events: Iterable[BaseWebSocketEvent],
        received_time_ns: int,
        alive: Container[Stream],
    ) -> list[Stream]:
        """Deliver what one read of a lane has brought; gives the streams not in `alive`."""

    def process_shared(
        self,
        lane: Hashable,
        events: Iterable[BaseWebSocketEvent],
        received_time_ns: int,
        alive: Container[Stream],
    ) -> list[Stream]:
        """The same where an event may be of wider streams as well; each handler is told once."""

    def is_wanted(self, event: BaseWebSocketEvent) -> bool:
        """Whether somebody wants the stream of this data, or a wider one."""

    def assigned(self, lane: Hashable, streams: Iterable[Stream]) -> None:
        """These streams are to come by this lane from now on."""

    def asked(self, lane: Hashable, plan: Plan, left: Container[Stream]) -> None:
        """This message has gone out: each fresh or one-off stream answers with a snapshot.

        The connection of this lane has carried those in `left` some time ago.
        """

    def dropped(self, lane: Hashable, streams: Iterable[Stream]) -> None:
        """This lane's connection carries them no more; what is under way may still come."""

    def lost(self, lane: Hashable, streams: Iterable[Stream], reason: str) -> None:
        """The connection that has carried these streams is gone; nothing more comes by it."""

    def tell(self, streams: Iterable[Stream], event: ControlEvent) -> None:
        """Tell everybody who wants one of these streams."""

    def undecodable(self, error: ProtocolError) -> None:
        """Count and report a frame that made no sense."""

    def unknown(self, message: Other) -> None:
        """Count a message of an unknown kind."""


class Intake:
    """The frames of one lane on their way to the reader, counted."""

    def __init__(
        self, lane: Hashable, exchange: Exchange, reader: Reader, *, is_public: bool
    ) -> None:
        self.frames = 0
        self.bytes = 0
        self._lane = lane
        self._exchange = exchange
        self._recognise = exchange.recognise
        self._reader = reader
        # Market data is of one stream each, so it need not be looked at for others.
        self._process = reader.process if is_public else reader.process_shared

    def __repr__(self) -> str:
        return f"<Intake: {self.frames} frames>"

    def take(
        self, frames: Sequence[bytes], received_time_ns: int, alive: Container[Stream]
    ) -> tuple[list[Stream], list[Refusal | Listed]]:
        """Hand on what one read has brought; gives the streams it proved, and what else it says.

        An error ends the connection, so whatever data there is came before it.
        """
        self.frames += len(frames)
        self.bytes += sum(map(len, frames))
        events: list[BaseWebSocketEvent] = []
        others: list[Refusal | Status | Listed | Other] = []
        recognise = self._recognise
        for frame in frames:
            event = recognise(frame)
            if event is None:
                self._classify(frame, events, others)
            else:
                events.append(event)
        proved = self._process(self._lane, events, received_time_ns, alive)
        said: list[Refusal | Listed] = []
        for other in others:
            if isinstance(other, Refusal | Listed):
                said.append(other)
            elif isinstance(other, Other):
                proved += self._unknown(other, received_time_ns, alive)
        return proved, said

    def _classify(
        self,
        frame: bytes,
        events: list[BaseWebSocketEvent],
        others: list[Refusal | Status | Listed | Other],
    ) -> None:
        try:
            messages = self._exchange.classify(frame)
        except ProtocolError as error:
            self._reader.undecodable(error)
            return
        for message in messages:
            if isinstance(message, BaseWebSocketEvent):
                events.append(message)
            else:
                others.append(message)

    def _unknown(
        self, other: Other, received_time_ns: int, alive: Container[Stream]
    ) -> list[Stream]:
        """A type that is not known may have been asked for by its name."""
        if other.event is not None and self._reader.is_wanted(other.event):
            return self._reader.process_shared(self._lane, [other.event], received_time_ns, alive)
        self._reader.unknown(other)
        return []
