"""A request of a client: its text, read as the exchange reads it.

Source: the websocket-guide and list-subscriptions pages of docs.upbit.com (2026-09). What they
leave open is decided here, each time with a comment.
"""

import json
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from tickwire.simulator.candles import CANDLE_SPANS_MS
from tickwire.simulator.spelling import UNIT
from tickwire.simulator.wire import DEFAULT, FORMATS, Format

__all__ = [
    "PUBLIC_TYPES",
    "ListSubscriptions",
    "Refused",
    "Subscribe",
    "Wish",
    "read_request",
]

PUBLIC_TYPES = frozenset({"ticker", "trade", "orderbook", *CANDLE_SPANS_MS})
_PRIVATE_TYPES = frozenset({"myOrder", "myAsset", "announcement", "indicator", "indicator_signal"})

# Levels out of reason are all one level that no market has.
_NO_LEVEL = 1_000_000_000 * UNIT

MESSAGES = {
    "INVALID_AUTH": "인증 정보가 올바르지 않습니다.",
    "WRONG_FORMAT": "Format 이 맞지 않습니다.",
    "NO_TICKET": "티켓이 존재하지 않거나, 유효하지 않습니다.",
    "NO_TYPE": "type 필드가 존재하지 않습니다.",
    "NO_CODES": "codes 필드가 존재하지 않습니다.",
    "INVALID_PARAM": "{} 은 지원하지 않는 타입입니다.",
    "TOO_MANY_REQUEST": "요청 수 제한을 초과했습니다.",
}


class Refused(Exception):
    """The exchange says no: the name of the error and its text."""

    def __init__(self, name: str, subject: str = "") -> None:
        self.name = name
        self.message = MESSAGES[name].format(subject)
        super().__init__(f"{name}: {self.message}")


@dataclass(frozen=True, kw_only=True)
class Wish:
    """One type object of a request. Codes are as asked for; `level` is an integer of 1e-8."""

    type: str
    codes: tuple[str, ...]
    level: int = 0
    is_only_snapshot: bool = False
    is_only_realtime: bool = False

    def report(self) -> dict[str, object]:
        """As the referee shows it: what differs from the default is named."""
        shown: dict[str, object] = {"type": self.type, "codes": list(self.codes)}
        if self.level:
            shown["level"] = self.level // UNIT if self.level % UNIT == 0 else self.level / UNIT
        if self.is_only_snapshot:
            shown["is_only_snapshot"] = True
        if self.is_only_realtime:
            shown["is_only_realtime"] = True
        return shown


@dataclass(frozen=True)
class Subscribe:
    """From now on these streams and no others."""

    wishes: tuple[Wish, ...]
    format: Format = field(default=DEFAULT)


@dataclass(frozen=True)
class ListSubscriptions:
    """What is subscribed? `format` is `None` where the request names none."""

    ticket: str
    format: Format | None


def read_request(text: str) -> Subscribe | ListSubscriptions:
    """The request in this text; its elements may stand in any order. Raises `Refused`."""
    try:
        elements = json.loads(text)
    except (ValueError, RecursionError):
        raise Refused("WRONG_FORMAT") from None
    if not isinstance(elements, list) or not all(isinstance(one, dict) for one in elements):
        raise Refused("WRONG_FORMAT")

    ticket = next((one["ticket"] for one in elements if "ticket" in one), None)
    if not isinstance(ticket, str) or not ticket:
        raise Refused("NO_TICKET")
    form = _format(elements)

    method = next((one["method"] for one in elements if "method" in one), None)
    if method is not None:
        # Type objects beside a method are not looked at: what the exchange does is not known.
        if method != "LIST_SUBSCRIPTIONS":
            raise Refused("WRONG_FORMAT")
        return ListSubscriptions(ticket, form)

    wishes = tuple(
        _wish(one) for one in elements if "type" in one or not ("ticket" in one or "format" in one)
    )
    if not wishes:
        raise Refused("NO_TYPE")
    return Subscribe(wishes, form or DEFAULT)


def _format(elements: list[dict[str, Any]]) -> Format | None:
    name = next((one["format"] for one in elements if "format" in one), None)
    if name is None:
        return None
    # An unknown name is not documented; the sister exchange Bithumb falls back like this.
    return FORMATS.get(name, DEFAULT) if isinstance(name, str) else DEFAULT


def _wish(element: dict[str, Any]) -> Wish:
    kind = element.get("type")
    if kind is None:
        raise Refused("NO_TYPE")
    if not isinstance(kind, str):
        raise Refused("WRONG_FORMAT")
    if kind in _PRIVATE_TYPES:
        raise Refused("INVALID_AUTH")
    if kind not in PUBLIC_TYPES:
        raise Refused("INVALID_PARAM", kind)
    codes = element.get("codes")
    # No codes in the list is not documented; asking for nothing is refused like not asking.
    if codes is None or codes == []:
        raise Refused("NO_CODES")
    if not isinstance(codes, list) or not all(isinstance(code, str) for code in codes):
        raise Refused("WRONG_FORMAT")
    return Wish(
        type=kind,
        codes=tuple(codes),
        level=_level(element.get("level", 0)) if kind == "orderbook" else 0,
        # Older clients write the flags in camelCase; other keys are ignored.
        is_only_snapshot=_flag(element, "is_only_snapshot", "isOnlySnapshot"),
        is_only_realtime=_flag(element, "is_only_realtime", "isOnlyRealtime"),
    )


def _flag(element: dict[str, Any], *names: str) -> bool:
    for name in names:
        if name in element:
            if not isinstance(element[name], bool):
                raise Refused("WRONG_FORMAT")
            return bool(element[name])
    return False


def _level(value: object) -> int:
    """A grouping as an integer of 1e-8."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Refused("WRONG_FORMAT")
    try:
        level = Decimal(str(value))
    except InvalidOperation:
        raise Refused("WRONG_FORMAT") from None
    if not level.is_finite() or not 0 <= level < _NO_LEVEL // UNIT:
        return _NO_LEVEL
    scaled = level * UNIT
    return int(scaled) if scaled == scaled.to_integral_value() else _NO_LEVEL
