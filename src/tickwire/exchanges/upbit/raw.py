"""How messages of unknown types are read: as much of them as every event has."""

from types import SimpleNamespace
from typing import Any

from msgspec import Raw

from tickwire.errors import ProtocolError
from tickwire.events import BaseWebSocketEvent, Payload, RawEvent
from tickwire.exchanges.upbit.literals import members_of

__all__ = ["RawLayout"]

_TIMESTAMP = ("timestamp", "tms")
_STREAM_TYPE = ("stream_type", "st")
_ROUTED = ("type", "ty", "code", "cd")


class RawLayout:
    """Reads any JSON object with a type; a `tickwire.events.Layout`."""

    event = RawEvent

    def values(self, payload: Payload) -> Any:
        members = _checked_members(payload.body)
        return SimpleNamespace(
            timestamp=_first(members, _TIMESTAMP, int) or 0,
            stream_type=_first(members, _STREAM_TYPE, str) or "",
        )

    def check(self, event: BaseWebSocketEvent) -> None:
        """See that it can be read; raises `ProtocolError`."""
        event.decoded()

    def parts(self, literal: Raw) -> list[Any]:
        raise AssertionError("no field of a raw event has parts")

    def first_part(self, literal: Raw) -> Any | None:
        raise AssertionError("no field of a raw event has parts")

    def members(self, name: str, literal: Raw) -> dict[str, Any]:
        raise AssertionError("no field of a raw event has members")

    def unknown_members(self, payload: Payload) -> dict[str, Any]:
        known = (*_TIMESTAMP, *_STREAM_TYPE, *_ROUTED)
        found = _checked_members(payload.body)
        return {name: value for name, value in found.items() if name not in known}


def _checked_members(body: bytes) -> dict[str, Any]:
    try:
        body.decode()
    except ValueError as error:
        raise ProtocolError(str(error), body) from error
    return members_of(body)


def _first(members: dict[str, Any], names: tuple[str, ...], kind: type) -> Any:
    """The first member of one of these names that is of this very type."""
    return next((members[name] for name in names if type(members.get(name)) is kind), None)
