"""What one can hear besides data: what became of it.

Control events come in their place between the data, to those who ask for them: a component's
`handle_control`, and `client.stream(control=True)`.
"""

from dataclasses import dataclass

from tickwire.errors import AuthenticationError, ExchangeError
from tickwire.events import BaseWebSocketEvent
from tickwire.subscription import DataType, Stream

__all__ = [
    "ControlEvent",
    "Gap",
    "Lagged",
    "Reconnecting",
    "Refused",
    "Rejected",
    "Restored",
]


@dataclass(frozen=True)
class ControlEvent:
    """The root of all control events."""


@dataclass(frozen=True)
class Reconnecting(ControlEvent):
    """The connection is lost; data stops here until `Restored`.

    `failures` counts the losses and failed attempts in a row; `delay_s` is the wait before the
    next attempt; `alarm` says that the fast attempts are used up.
    """

    reason: str
    failures: int
    delay_s: float
    alarm: bool


@dataclass(frozen=True)
class Restored(ControlEvent):
    """The connection is back, and what was wanted then flows again, apart from `missing`."""

    confirmed: int
    missing: tuple[Stream, ...]
    outage_s: float


@dataclass(frozen=True)
class Gap(ControlEvent):
    """Between these two events of a stream the connection was gone; what happened is not known."""

    stream: Stream
    last_before: BaseWebSocketEvent
    first_after: BaseWebSocketEvent
    reason: str


@dataclass(frozen=True)
class Lagged(ControlEvent):
    """This component was too slow: `dropped` events of a type were given up, the oldest first."""

    type: DataType
    dropped: int


@dataclass(frozen=True)
class Rejected(ControlEvent):
    """The exchange has no such stream: no such market, or no such grouping; the wish is withdrawn.

    `suggestion` is the nearest symbol that exists, if one is near.
    """

    stream: Stream
    reason: str
    suggestion: str | None


@dataclass(frozen=True)
class Refused(ControlEvent):
    """The exchange answered a request with an error and closes the connection.

    An `AuthenticationError` says that it does not accept the keys, also at a second try with
    another token; attempts go on, minutes apart.
    """

    error: ExchangeError | AuthenticationError
