"""How the messages of one event class are laid out in one vocabulary."""

from decimal import Decimal
from typing import Any

from tickwire.errors import ProtocolError
from tickwire.events import (
    Asset,
    BaseWebSocketEvent,
    EventLayout,
    MyAssetEvent,
    OrderbookEvent,
    OrderbookUnit,
    Part,
    RawEvent,
)
from tickwire.exact import decimal_of
from tickwire.exchanges.upbit.literals import literals_of, members_of, value_of
from tickwire.exchanges.upbit.vocabulary import LONG_MEMBERS, SHORT_MEMBERS, wire_names
from tickwire.hot import Layout

__all__ = ["UpbitLayout"]

_PARTS: dict[type, type[Part]] = {OrderbookEvent: OrderbookUnit, MyAssetEvent: Asset}

_ROUTED = frozenset(("type", "ty", "code", "cd"))
_IN_NUMBERS = b"0123456789.+-eE"


class UpbitLayout(EventLayout):
    """The layout of one event class, with long names or short ones."""

    def __init__(self, event: type[BaseWebSocketEvent], *, short: bool) -> None:
        names = wire_names(event, short=short)
        part = _PARTS.get(event)
        parts = None if part is None else Layout(part, wire_names(part, short=short))
        super().__init__(event, names, parts)
        self._is_short = short
        self._known = frozenset(names.values()) | (_ROUTED if event is RawEvent else set())

    def __repr__(self) -> str:
        return f"<UpbitLayout of {self.view.__name__}>"

    def members(self, name: str, literal: bytes) -> dict[str, Any]:
        long = LONG_MEMBERS[name] if self._is_short else {}
        literals = {long.get(each, each): text for each, text in literals_of(literal).items()}
        if name != "value":
            return {each: value_of(text) for each, text in literals.items()}
        # Whether there is more beside the figures is not known; what is no number stays in `raw`.
        return {
            each: _number(each, text)
            for each, text in literals.items()
            if each in SHORT_MEMBERS["value"] or not bytes(text).translate(None, _IN_NUMBERS)
        }

    def unknown_members(self, body: bytes) -> dict[str, Any]:
        found = members_of(body)
        return {name: value for name, value in found.items() if name not in self._known}


def _number(name: str, literal: Any) -> Decimal:
    number = decimal_of(literal)
    if number is None:
        raise ProtocolError(f"{name} is no number: null", bytes(literal))
    return number
