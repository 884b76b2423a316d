"""Messages out of data frames: in fragments or whole, plain or deflated, and never too long."""

from tickwire.transport.deflate import Agreement, Inflater

__all__ = ["MAX_MESSAGE_BYTES", "Assembler"]

MAX_MESSAGE_BYTES = 4 * 1024 * 1024


class Assembler:
    """Puts the messages of one connection together.

    `take` takes the next data frame and returns the message once it is whole. While `has_more`,
    that frame is not done, and `go_on` takes the next step; `worked` tells how many bytes the last
    step was about. Both raise `ValueError` with what is wrong; after that no frame makes sense.
    """

    def __init__(self, agreement: Agreement | None = None) -> None:
        self._inflater = Inflater(agreement, MAX_MESSAGE_BYTES) if agreement else None
        self._is_deflated = False
        self._parts: list[bytes] = []
        self._size = 0
        self.is_amid = False
        """Whether a message has begun that is not whole."""
        self.has_more = False
        self.worked = 0

    def take(
        self, payload: bytes, opens: bool = True, last: bool = True, deflated: bool = False
    ) -> bytes | None:
        """A frame that `opens` a message or continues one, the `last` of it or not."""
        if opens == self.is_amid:
            raise ValueError("a message within another" if opens else "a continuation of nothing")
        if deflated and (self._inflater is None or not opens):
            raise ValueError("a frame with reserved bits")
        if opens:
            self._is_deflated = deflated
        self.is_amid = not last
        if self._is_deflated and self._inflater is not None:
            return self._told(self._inflater, self._inflater.inflate(payload, last=last))
        self.worked = len(payload) or 1
        return payload if opens and last else self._join(payload, last)

    def go_on(self) -> bytes | None:
        """Take another step in a frame that is not done."""
        assert self._inflater is not None
        return self._told(self._inflater, self._inflater.go_on())

    def _told(self, inflater: Inflater, message: bytes | None) -> bytes | None:
        self.has_more, self.worked = inflater.has_more, inflater.worked
        return message

    def _join(self, payload: bytes, last: bool) -> bytes | None:
        self._size += len(payload)
        if self._size > MAX_MESSAGE_BYTES:
            raise ValueError(f"a message over {MAX_MESSAGE_BYTES} bytes")
        if payload:
            self._parts.append(payload)
        if not last:
            return None
        message = b"".join(self._parts)
        self._parts.clear()
        self._size = 0
        return message
