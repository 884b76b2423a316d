"""Messages of types that tickwire does not know."""

from typing import Any, TypeVar

import msgspec

from tickwire.errors import ProtocolError
from tickwire.events.base import BaseWebSocketEvent
from tickwire.fields import Field
from tickwire.hot import LazyView

__all__ = ["RawEvent"]

T_co = TypeVar("T_co", covariant=True)


class _Perhaps(Field[T_co]):
    """What such a message may have or not, and of whatever kind; empty if it is not as expected."""

    is_optional = True

    def decoded(self, literal: bytes, view: LazyView) -> Any:
        try:
            value = msgspec.json.decode(literal) if literal else None
        except (ValueError, RecursionError) as error:
            raise ProtocolError(str(error), literal) from error
        return value if type(value) is self.kind else self.kind()


class RawEvent(BaseWebSocketEvent):
    """A message of a type that has no event of its own yet, for those who asked for that type.

    `raw` is its text and `extra` its members. `timestamp` is 0 and `symbol` and `stream_type` are
    empty where it has none.
    """

    __slots__ = ()
    timestamp = _Perhaps[int]("when the exchange made the message, ms; 0 if it does not say")
    stream_type = _Perhaps[str]("`SNAPSHOT` or `REALTIME`; empty if it does not say")

    def check(self) -> None:
        """Read all of it, what is not known here as well; raises `ProtocolError`."""
        super().check()
        assert self.extra is not None
