"""What a connection asks of whoever runs it, as values."""

from dataclasses import dataclass

from tickwire.core.inquiry import Answer
from tickwire.core.planner import Plan
from tickwire.subscription import Stream

__all__ = [
    "Action",
    "Answer",
    "Ask",
    "Confirmed",
    "Drop",
    "Lost",
    "Open",
    "Ping",
    "Query",
    "Restored",
    "Send",
]


@dataclass(frozen=True)
class Open:
    """Open a socket; report `opened` or `lost`."""

    epoch: int


@dataclass(frozen=True)
class Send:
    """Send the subscription message of this plan now; report `sent` or `lost`."""

    plan: Plan


@dataclass(frozen=True)
class Ask:
    """Ask what the exchange serves on this connection; report `asked` or `lost`."""


@dataclass(frozen=True)
class Ping:
    """Send a ping frame."""


@dataclass(frozen=True)
class Drop:
    """Cut the socket or the attempt at one; `lost` need not be reported."""

    reason: str
    politely: bool


@dataclass(frozen=True)
class Query:
    """Find out whether these silent streams exist; report `answered`."""

    streams: tuple[Stream, ...]


@dataclass(frozen=True)
class Confirmed:
    """To be told: these streams are taken for alive, without data."""

    streams: tuple[Stream, ...]


@dataclass(frozen=True)
class Lost:
    """To be told: the connection is gone; the next attempt comes after the delay.

    `keys_refused` says that the exchange does not accept the keys.
    """

    reason: str
    failures: int
    delay_s: float
    alarm: bool
    keys_refused: bool = False


@dataclass(frozen=True)
class Restored:
    """To be told: what was wanted is back, apart from `missing`."""

    confirmed: int
    missing: tuple[Stream, ...]
    outage_s: float


Action = Open | Send | Ask | Answer | Ping | Drop | Query | Confirmed | Lost | Restored
