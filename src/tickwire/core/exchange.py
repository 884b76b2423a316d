"""What an exchange adapter answers. The core and the manager know exchanges only through this.

An adapter is pure translation: it opens nothing, keeps no state of a connection, and reads no
clock. One folder under `tickwire.exchanges` holds one adapter.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple, Protocol

from tickwire.core.limiter import Limit
from tickwire.core.planner import Plan
from tickwire.events import BaseWebSocketEvent
from tickwire.subscription import DataType, Stream

__all__ = ["Endpoint", "Exchange", "Other", "Payload", "Refusal", "Status"]


class Endpoint(StrEnum):
    """The doors of an exchange; each has connections of its own."""

    PUBLIC = "public"
    PRIVATE = "private"
    INFO = "info"


class Payload(NamedTuple):
    """Data of one stream, not decoded yet. `key` equals the `Stream` that it belongs to."""

    key: tuple[str, str, Decimal]
    body: bytes
    short: bool

    @property
    def stream(self) -> Stream:
        """The stream that the data belongs to."""
        data_type, symbol, level = self.key
        return Stream(DataType(data_type), symbol, level)


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
class Other:
    """A well-formed message of a kind that is not known here."""

    kind: str
    body: bytes


class Exchange(Protocol):
    """One exchange, as a set of answers."""

    @property
    def connect_limits(self) -> Sequence[Limit]:
        """Handshakes allowed to one address."""

    @property
    def message_limits(self) -> Sequence[Limit]:
        """Messages allowed on one connection."""

    def endpoint_of(self, data_type: DataType) -> Endpoint:
        """The endpoint that serves a type."""

    def url(self, endpoint: Endpoint) -> str:
        """The WebSocket address of an endpoint."""

    def markets_url(self) -> str:
        """The REST address of the market list."""

    def markets(self, body: bytes) -> tuple[str, ...]:
        """The symbols in an answer of `markets_url`; raises `ProtocolError`."""

    def encode(self, plan: Plan, ticket: str) -> str:
        """The request that makes the plan's streams the connection's whole subscription."""

    def classify(self, frame: bytes) -> Sequence[Payload | Refusal | Status | Other]:
        """What a frame holds, without decoding the data; raises `ProtocolError`."""

    def decode(self, payload: Payload, received_time_ns: int) -> BaseWebSocketEvent:
        """The event in a payload, checked throughout; raises `ProtocolError`."""

    def identity(self, event: BaseWebSocketEvent) -> Hashable | None:
        """What makes this event the same as one that came before; `None`: it is a state."""

    def slot_of(self, stream: Stream) -> Hashable:
        """What one connection can carry only once: streams of one slot conflict."""
