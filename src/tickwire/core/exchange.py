"""What an exchange adapter answers. The core and the manager know exchanges only through this.

An adapter is pure translation: it opens nothing, keeps no state of a connection, and reads no
clock. One folder under `tickwire.exchanges` holds one adapter.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from tickwire.core.limiter import Limit
from tickwire.core.planner import Plan
from tickwire.events import BaseWebSocketEvent
from tickwire.subscription import DataType, Stream, SubscriptionSpec

__all__ = ["Endpoint", "Exchange", "Listed", "Other", "Refusal", "Status"]


class Endpoint(StrEnum):
    """The doors of an exchange; each has connections of its own."""

    PUBLIC = "public"
    PRIVATE = "private"
    INFO = "info"


@dataclass(frozen=True)
class Refusal:
    """The exchange says that a request was wrong; it closes the connection after this."""

    name: str
    message: str


@dataclass(frozen=True)
class Status:
    """A sign of life that carries no data."""

    text: str


@dataclass(frozen=True)
class Listed:
    """What the exchange says it serves on the connection that asked.

    `ticket` is that of the question, empty if the answer does not say it. A stream has as much as
    is told of it.
    """

    ticket: str
    streams: frozenset[Stream]


@dataclass(frozen=True)
class Other:
    """A well-formed message of a kind that is not known here."""

    kind: str
    body: bytes
    event: BaseWebSocketEvent | None = field(default=None, compare=False)
    """The same as data, for whoever has asked for this kind by its name; `None` if it has none."""


class Exchange(Protocol):
    """One exchange, as a set of answers."""

    @property
    def connect_limits(self) -> Sequence[Limit]:
        """Handshakes allowed to one address."""

    @property
    def message_limits(self) -> Sequence[Limit]:
        """Messages allowed on one connection."""

    def endpoint_of(self, data_type: DataType | str) -> Endpoint:
        """The endpoint that serves a type."""

    def most_streams(self, endpoint: Endpoint) -> int | None:
        """How many streams one connection to this endpoint may carry; `None`: any number."""

    def url(self, endpoint: Endpoint) -> str:
        """The WebSocket address of an endpoint."""

    def connect_scope(self, endpoint: Endpoint) -> str:
        """What the connects to an endpoint are counted for: those of one name count together."""

    @property
    def is_on_this_machine(self) -> bool:
        """Whether it is a local exchange, which nobody else is kept out of."""

    def check(self, spec: SubscriptionSpec) -> None:
        """Raise `AuthenticationError` if a wish needs keys and there are none.

        Raises `UsageError` for what this exchange would answer by closing the connection.
        """

    def headers(self, endpoint: Endpoint) -> Mapping[str, str]:
        """The headers of one handshake; where keys are needed, signed anew at each call."""

    def refuses_keys(self, answer: int | str) -> bool:
        """Whether an HTTP status, or the name of an error, says that the keys are not accepted."""

    def refuses_rate(self, answer: int | str) -> bool:
        """Whether an HTTP status, a close code or the name of an error complains of the rate."""

    def markets_url(self) -> str:
        """The REST address of the market list."""

    def markets(self, body: bytes) -> tuple[str, ...]:
        """The symbols in an answer of `markets_url`; raises `ProtocolError`."""

    def levels_url(self, symbols: Iterable[str]) -> str:
        """The REST address of the price groupings of some markets that exist."""

    def levels(self, body: bytes) -> Mapping[str, tuple[Decimal, ...]]:
        """By symbol what an answer of `levels_url` says; raises `ProtocolError`."""

    def ticket(self, unique: str) -> str:
        """What a request of this unique id is called on the wire."""

    def encode(self, plan: Plan, ticket: str) -> str:
        """The request that makes the plan's streams the connection's whole subscription."""

    def encode_inquiry(self, ticket: str) -> str:
        """The question what the exchange serves on a connection; it changes nothing there."""

    def recognise(self, frame: bytes) -> BaseWebSocketEvent | None:
        """The event in a frame that is like one before, at next to no cost; else `None`."""

    def classify(
        self, frame: bytes
    ) -> Sequence[BaseWebSocketEvent | Refusal | Status | Listed | Other]:
        """What a frame holds, its events not decoded yet; raises `ProtocolError`."""

    def begins_with_data(self, data_type: DataType | str) -> bool:
        """Whether a stream of this type tells its state at once, so that silence means something.

        The others say nothing until something happens, which may be never.
        """

    def identity_of(self, data_type: DataType | str) -> Callable[[Any], int] | None:
        """What tells an event of this type from all others of its stream; `None`: it is a state.

        Mostly the number grows from one event to the next.
        """

    def compartment_of(self, stream: Stream) -> Hashable:
        """What a stream may share a connection with: only streams of the same compartment.

        Where the exchange refuses a whole message for one stream in it, that stops nobody else.
        """

    def slot_of(self, stream: Stream) -> Hashable:
        """What one connection can carry only once: streams of one slot conflict."""
