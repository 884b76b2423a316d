"""One client's connection, as the exchange keeps it: what it has asked for, what is to go out."""

from typing import Any, NamedTuple

from tickwire.simulator.limits import MessageMeter
from tickwire.simulator.switches import Switches
from tickwire.simulator.wire.endpoints import Endpoint
from tickwire.simulator.wire.formats import DEFAULT, Format
from tickwire.simulator.wire.frames import error_frame, status_frame, subscriptions_frame
from tickwire.simulator.wire.request import ListSubscriptions, MarketWish, Refused, Wish

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
    """The public streams that a wish names, whether or not there are such markets."""
    if not isinstance(wish, MarketWish):
        return []
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
    `backlog` how many bytes the socket has not got rid of and in `active_ns` when it last took
    some, and closes once `closing` is set.
    """

    def __init__(
        self,
        number: int,
        address: str,
        opened_ns: int,
        *,
        switches: Switches,
        endpoint: Endpoint = "public",
        account: str | None = None,
    ) -> None:
        self.number = number
        self.address = address
        self.opened_ns = opened_ns
        self.endpoint = endpoint
        # The access key of the token it came with.
        self.account = account
        # When something last passed, in either direction.
        self.active_ns = opened_ns
        self.meter = MessageMeter()
        self.format: Format = DEFAULT
        self.wishes: tuple[Wish, ...] = ()
        self.live: tuple[Stream, ...] = ()
        self.outbox: list[bytes] = []
        self.backlog = 0
        self.closing: str | None = None
        self.frames = 0
        self.bytes = 0
        self._switches = switches

    def __repr__(self) -> str:
        return (
            f"Session({self.number}, {self.format.name}, {len(self.live)} live streams, "
            f"{self.frames} frames out)"
        )

    def take(self) -> list[bytes]:
        """The frames that wait; from now on they count as sent."""
        frames, self.outbox = self.outbox, []
        if self._switches.batched_lists and self.format.listed:
            frames = _batched(frames)
        self.frames += len(frames)
        self.bytes += sum(map(len, frames))
        return frames

    def refuse(self, refused: Refused, *, closes: bool = True) -> None:
        """Tell the error and hang up: after one, the exchange closes with 1000."""
        message = refused.message(english=self._switches.english_messages)
        self._reply(error_frame(refused.name, message), self.format)
        if closes:
            self.closing = refused.name

    def up(self) -> None:
        """Tell that the exchange is alive."""
        self._reply(status_frame(), self.format)

    def list_subscriptions(self, request: ListSubscriptions) -> None:
        """Answer, and from now on send the live streams too in the format of the question.

        That is the exchange's behaviour and a trap for clients. A question without a format is
        not documented: what becomes of it is a switch.
        """
        form = request.format
        if form is None and self._switches.list_without_format == "streams":
            form = DEFAULT
        if form is not None:
            self.format = form
        elif self._switches.list_without_format == "keep":
            form = self.format
        else:
            form = DEFAULT
        entries = [entry for wish in self.wishes if (entry := self._listed(wish, form.short))]
        self._reply(subscriptions_frame(entries, request.ticket, form), form)

    def _listed(self, wish: Wish, short: bool) -> dict[str, Any] | None:
        """The entry of a wish, if there is one: what suffixes and flags do to it is not known."""
        entry, switches = wish.listed(short=short), self._switches
        if isinstance(wish, MarketWish):
            if wish.is_only_snapshot and not switches.listed_snapshots:
                return None
            if switches.listed_flags:
                entry |= wish.flags
            if wish.type == "orderbook" and not switches.listed_suffixes:
                bare = [code.partition(".")[0] for code in wish.codes]
                entry["cds" if short else "codes"] = bare
        return entry

    def _reply(self, frame: bytes, form: Format) -> None:
        wrapped = self._switches.list_wrapping and form.listed
        self.outbox.append(b"[" + frame + b"]" if wrapped else frame)


def _batched(frames: list[bytes]) -> list[bytes]:
    """The arrays among these frames as one, before whatever is not wrapped."""
    arrays = [frame for frame in frames if frame[:1] == b"["]
    if len(arrays) < 2:
        return frames
    others = [frame for frame in frames if frame[:1] != b"["]
    return [b"[" + b",".join(one[1:-1] for one in arrays) + b"]", *others]
