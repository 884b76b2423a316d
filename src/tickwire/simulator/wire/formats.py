"""The formats that a connection may choose, and how each spells prices and sizes.

Source: the websocket-guide page of docs.upbit.com (2026-09).
"""

from typing import NamedTuple

from tickwire.simulator.spelling import default_price, default_size, simple_number

__all__ = ["DEFAULT", "FORMATS", "PRICE", "SIZE", "Format"]


class Format(NamedTuple):
    """How a connection wants its data: short or long names, alone or in an array."""

    name: str
    short: bool
    listed: bool

    def frame(self, text: str) -> bytes:
        """The payload of one message."""
        return f"[{text}]".encode() if self.listed else text.encode()


DEFAULT = Format("DEFAULT", short=False, listed=False)
FORMATS = {
    one.name: one
    for one in (
        DEFAULT,
        Format("SIMPLE", short=True, listed=False),
        Format("JSON_LIST", short=False, listed=True),
        Format("SIMPLE_LIST", short=True, listed=True),
    )
}

# Spellings by `Format.short`.
PRICE = (default_price, simple_number)
SIZE = (default_size, simple_number)
