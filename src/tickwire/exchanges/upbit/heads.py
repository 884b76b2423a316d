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
from tickwire.exact import decimal_of
from tickwire.exchanges.upbit.literals import ABSENT, guarded
from tickwire.hot import Beginnings, Recogniser, Source
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


class Heads:
    """The beginnings that are known."""

    def __init__(self) -> None:
        self._known: Beginnings = {}
        self._listed: Beginnings = {}
        """The same with the bracket of an array before them."""
        self.recognise = Recogniser(self._known, self._listed).recognise

    def __repr__(self) -> str:
        return f"<Heads: {len(self._known)} known>"

    def learn(self, body: bytes, source: Source) -> None:
        """Remember the beginning of a message that was looked at in full."""
        beginning = body[: body.find(b",", body.find(b",") + 1)]
        stream: Stream = source.stream
        if len(self._known) >= _KEPT or not _says(beginning + b"}", stream):
            return
        is_book = stream.type == DataType.ORDERBOOK
        known = self._known.setdefault(beginning, {} if is_book else source)
        self._listed[b"[" + beginning] = known
        end = body[body.rfind(b",") :]
        if (
            isinstance(known, dict)
            and len(known) < _LEVELS_KEPT
            and _groups(b"{" + end[1:], stream.level)
        ):
            known[end] = source


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
