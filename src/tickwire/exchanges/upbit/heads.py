"""Whose a message is, told from its first bytes once it has been told from all of it.

Upbit writes a message's type and code first, and the rest of it does not matter for where it
goes. So once a message has been looked at in full, its beginning up to the second comma stands
for its stream, and the next one that begins with the same bytes need not be parsed to be routed:
one that nobody wants is never parsed at all. What is delivered is checked when it is decoded.

An order book is of a stream by its grouping as well, which Upbit writes last: there the end of
the message, from the last comma on, is looked up in turn.

In the list formats each message is in an array, alone as far as anybody has seen. It is taken out
only where its brackets and braces leave no room for a second one.
"""

from decimal import Decimal

import msgspec
from msgspec import Raw

from tickwire.errors import ProtocolError
from tickwire.events import Payload
from tickwire.exchanges.upbit.layouts import UpbitLayout
from tickwire.exchanges.upbit.literals import ABSENT, guarded
from tickwire.fields import decimal_of
from tickwire.subscription import DataType, Stream

__all__ = ["Head", "Heads", "head_of"]

_KEPT = 20_000
"""No exchange has so many streams; whoever sends that many heads pays for each anew."""
_LEVELS_KEPT = 100


class Head(msgspec.Struct):
    """As much of a message as says whose it is. Decoding it checks the syntax of the whole."""

    type: str = ""
    ty: str = ""
    code: str = ""
    cd: str = ""
    level: Raw = ABSENT
    lv: Raw = ABSENT

    @property
    def is_short(self) -> bool:
        """Whether it speaks the short vocabulary."""
        return not self.type

    @property
    def kind(self) -> str:
        return self.type or self.ty

    @property
    def symbol(self) -> str:
        return self.cd if self.is_short else self.code

    @property
    def grouping(self) -> Decimal:
        """The level, 0 for none; raises `ProtocolError`."""
        level: Decimal | None = guarded(decimal_of, self.lv if self.is_short else self.level)
        return level or _NO_LEVEL


_NO_LEVEL = Decimal(0)
_decode = msgspec.json.Decoder(Head).decode


def head_of(body: bytes) -> Head:
    """The head of a message; raises `ProtocolError`."""
    head: Head = guarded(_decode, body)
    return head


class _Known:
    """What a beginning stands for: a layout, and a stream for each end of a message."""

    __slots__ = ("ends", "layout", "stream")

    def __init__(self, layout: UpbitLayout) -> None:
        self.layout = layout
        self.stream: Stream | None = None
        self.ends: dict[bytes, Stream] = {}

    def only_one_of(self, array: bytes) -> Payload | None:
        """The payload of an array of one such message; `None` if it could hold anything else."""
        if array[-1] != _BRACKET:
            return None
        stream = self.stream
        if stream is not None:
            # Nothing closes before the message does.
            alone = array.find(b"}") == len(array) - 2
        else:
            # The array and the units in it, and nothing opens after those.
            alone = array.count(b"[") == 2 and array.rfind(b"{") < array.rfind(b"]", 0, -1)
            stream = self.ends.get(array[array.rfind(b",") : -1])
        return Payload(stream, array[1:-1], self.layout) if alone and stream else None


class Heads:
    """The beginnings that are known."""

    def __init__(self) -> None:
        self._known: dict[bytes, _Known] = {}
        self._listed: dict[bytes, _Known] = {}
        """The same with the bracket of an array before them."""

    def __repr__(self) -> str:
        return f"<Heads: {len(self._known)} known>"

    def recognise(self, frame: bytes) -> Payload | None:
        """The payload of a frame with one message that begins like one before; else `None`."""
        beginning = frame[: frame.find(b",", frame.find(b",") + 1)]
        known = self._known.get(beginning)
        if known is None:
            known = self._listed.get(beginning)
            return None if known is None else known.only_one_of(frame)
        if frame[-1] != _BRACE:
            return None
        stream = known.stream or known.ends.get(frame[frame.rfind(b",") :])
        return None if stream is None else Payload(stream, frame, known.layout)

    def learn(self, body: bytes, stream: Stream, layout: UpbitLayout) -> None:
        """Remember the beginning of a message that was looked at in full."""
        beginning = body[: body.find(b",", body.find(b",") + 1)]
        if len(self._known) >= _KEPT or not _says(beginning + b"}", stream):
            return
        known = self._known.setdefault(beginning, _Known(layout))
        self._listed[b"[" + beginning] = known
        if stream.type != DataType.ORDERBOOK:
            known.stream = stream
            return
        end = body[body.rfind(b",") :]
        if len(known.ends) < _LEVELS_KEPT and _groups(b"{" + end[1:], stream.level):
            known.ends[end] = stream


_BRACE = ord("}")
_BRACKET = ord("]")


def _says(beginning: bytes, stream: Stream) -> bool:
    """Whether the beginning alone, closed, says type and code."""
    try:
        head = head_of(beginning)
    except ProtocolError:
        return False
    return head.kind == stream.type and head.symbol == stream.symbol


def _groups(end: bytes, level: Decimal) -> bool:
    """Whether the end alone, opened, says the grouping."""
    try:
        head = head_of(end)
        return bool(head.level or head.lv) and (decimal_of(head.level or head.lv) or 0) == level
    except ProtocolError:
        return False
