"""permessage-deflate (RFC 7692) for the frames of one connection.

What the handshake agreed on is in the answer's `Sec-WebSocket-Extensions`; without that header
nothing is compressed. Every compressed connection keeps a window of its own, so its frames cannot
be shared with others: that is the price of compression, at the real exchange too.
"""

import re
import zlib

__all__ = ["Deflate", "agreed"]

# The cheapest: books and tickers compress well at any level, and here the client is the subject.
_LEVEL = 1
_TAIL = b"\x00\x00\xff\xff"


class Deflate:
    """The compressor of one connection."""

    def __init__(self, window_bits: int, *, takeover: bool) -> None:
        self._deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, -window_bits)
        # A full flush forgets the window: that is what "no context takeover" asks for.
        self._flush = zlib.Z_SYNC_FLUSH if takeover else zlib.Z_FULL_FLUSH

    def frame(self, payload: bytes) -> bytes:
        """The payload as it goes out."""
        deflated = self._deflate.compress(payload) + self._deflate.flush(self._flush)
        return deflated.removesuffix(_TAIL)


def agreed(extensions: str | None) -> Deflate | None:
    """The compressor that this answer of ours promises the client."""
    if not extensions or "permessage-deflate" not in extensions:
        return None
    bits = re.search(r"server_max_window_bits=(\d+)", extensions)
    takeover = "server_no_context_takeover" not in extensions
    return Deflate(int(bits[1]) if bits else 15, takeover=takeover)
