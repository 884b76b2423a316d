"""Messages of types that tickwire does not know."""

from tickwire.events.base import BaseWebSocketEvent

__all__ = ["RawEvent"]


class RawEvent(BaseWebSocketEvent):
    """A message of a type that has no event of its own yet, for those who asked for that type.

    `raw` is its text and `extra` its members. `timestamp` is 0 and `symbol` and `stream_type` are
    empty where it has none.
    """

    __slots__ = ()
