"""One client's connection, as the exchange keeps it: what it has asked for, what is to go out."""

from typing import NamedTuple

from tickwire.simulator.limits import MessageMeter
from tickwire.simulator.request import ListSubscriptions, Refused, Wish
from tickwire.simulator.wire import DEFAULT, Format, error_frame, subscriptions_frame

__all__ = ["Session", "Stream", "streams"]

_DEPTHS = {"1": 1, "5": 5, "15": 15, "30": 30}
_FULL_DEPTH = 30


class Stream(NamedTuple):
    """One thing that frames are made for. `depth` and `level` are zero but for orderbooks."""

    type: str
    code: str
    depth: int = 0
    level: int = 0


def streams(wish: Wish) -> list[Stream]:
    """The streams that a wish names, whether or not there are such markets."""
    if wish.type != "orderbook":
        return [Stream(wish.type, code) for code in wish.codes]
    named = []
    for asked in wish.codes:
        code, _, suffix = asked.partition(".")
        named.append(Stream("orderbook", code, _DEPTHS.get(suffix, _FULL_DEPTH), wish.level))
    return named


class Session:
    """The state of one open connection.

    The exchange fills `outbox`; whoever holds the socket empties it with `take()`, says in
    `backlog` how many bytes the socket has not got rid of, and closes once `closing` is set.
    """

    def __init__(self, number: int, address: str, opened_ns: int) -> None:
        self.number = number
        self.address = address
        self.opened_ns = opened_ns
        self.meter = MessageMeter()
        self.format: Format = DEFAULT
        self.wishes: tuple[Wish, ...] = ()
        self.live: tuple[Stream, ...] = ()
        self.subscribed_ns: int | None = None
        self.outbox: list[bytes] = []
        self.backlog = 0
        self.closing: str | None = None
        self.frames = 0
        self.bytes = 0

    def __repr__(self) -> str:
        return (
            f"Session({self.number}, {self.format.name}, {len(self.live)} live streams, "
            f"{self.frames} frames out)"
        )

    def take(self) -> list[bytes]:
        """The frames that wait; from now on they count as sent."""
        frames, self.outbox = self.outbox, []
        self.frames += len(frames)
        self.bytes += sum(map(len, frames))
        return frames

    def refuse(self, refused: Refused) -> None:
        """Tell the error and hang up: after one, the exchange closes with 1000."""
        self.outbox.append(error_frame(refused.name, refused.message))
        self.closing = refused.name

    def list_subscriptions(self, request: ListSubscriptions) -> None:
        """Answer, and from now on send the live streams too in the format of the question.

        That is the exchange's behaviour and a trap for clients. A question without a format is
        answered in DEFAULT and leaves the streams as they are: this case is not documented.
        """
        if request.format is not None:
            self.format = request.format
        listed = [
            (wish.type, wish.codes, wish.level if wish.type == "orderbook" else None)
            for wish in self.wishes
        ]
        self.outbox.append(subscriptions_frame(listed, request.ticket, request.format or DEFAULT))
