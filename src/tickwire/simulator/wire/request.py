"""A request of a client: its text, read as the exchange reads it.

Source: the websocket-guide and list-subscriptions pages of docs.upbit.com (2026-09). What they
leave open is decided here, each time with a comment, or by one of the `Switches`. Which types there
are on which endpoint, and who reads the wishes for them, says `endpoints`.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from tickwire.simulator.market.candles import CANDLE_SPANS_MS
from tickwire.simulator.spelling import UNIT
from tickwire.simulator.switches import Switches
from tickwire.simulator.wire.formats import DEFAULT, FORMATS, Format

__all__ = [
    "PUBLIC_TYPES",
    "Element",
    "ListSubscriptions",
    "MarketWish",
    "ReadWish",
    "Refused",
    "Subscribe",
    "Wish",
    "read_asset_wish",
    "read_market_wish",
    "read_order_wish",
    "read_request",
]

PUBLIC_TYPES = frozenset({"ticker", "trade", "orderbook", *CANDLE_SPANS_MS})

Element = dict[str, Any]

# Levels out of reason are all one level that no market has.
_NO_LEVEL = 1_000_000_000 * UNIT

_MESSAGES = {
    "INVALID_AUTH": "인증 정보가 올바르지 않습니다.",
    "WRONG_FORMAT": "Format 이 맞지 않습니다.",
    "NO_TICKET": "티켓이 존재하지 않거나, 유효하지 않습니다.",
    "NO_TYPE": "type 필드가 존재하지 않습니다.",
    "NO_CODES": "codes 필드가 존재하지 않습니다.",
    "INVALID_PARAM": "{} 은 지원하지 않는 타입입니다.",
    "TOO_MANY_REQUEST": "요청 수 제한을 초과했습니다.",
}
# Of the hosts abroad. The texts for INVALID_AUTH, NO_TYPE and TOO_MANY_REQUEST are guessed.
_ENGLISH = {
    "INVALID_AUTH": "Invalid authentication.",
    "WRONG_FORMAT": "Requested using wrong format.",
    "NO_TICKET": "Ticket field must be contained.",
    "NO_TYPE": "type field not exists.",
    "NO_CODES": "codes field not exists.",
    "INVALID_PARAM": "type {} is not supported.",
    "TOO_MANY_REQUEST": "Too many requests.",
}


class Refused(Exception):
    """The exchange says no: the name of the error, and what it is about."""

    def __init__(self, name: str, subject: str = "") -> None:
        self.name = name
        self._subject = subject
        super().__init__(f"{name}: {self.message()}")

    def message(self, *, english: bool = False) -> str:
        """The text for the client."""
        return (_ENGLISH if english else _MESSAGES)[self.name].format(self._subject)


@dataclass(frozen=True, kw_only=True)
class Wish:
    """One type object of a request. Codes are as asked for; none where the type has none."""

    type: str
    codes: tuple[str, ...] = ()

    def listed(self, *, short: bool) -> dict[str, Any]:
        """The entry of LIST_SUBSCRIPTIONS, in long or in short names."""
        kind, codes = ("ty", "cds") if short else ("type", "codes")
        # Without codes there is no member: so it is documented for `myAsset`.
        return {kind: self.type, **({codes: list(self.codes)} if self.codes else {})}

    def report(self) -> dict[str, object]:
        """As the referee shows it."""
        return self.listed(short=False)


@dataclass(frozen=True, kw_only=True)
class MarketWish(Wish):
    """A wish for public streams. `level` is an integer of 1e-8."""

    level: int = 0
    is_only_snapshot: bool = False
    is_only_realtime: bool = False

    def listed(self, *, short: bool) -> dict[str, Any]:
        """The entry of LIST_SUBSCRIPTIONS: orderbooks have their grouping too."""
        entry = super().listed(short=short)
        if self.type == "orderbook":
            entry["lv" if short else "level"] = self._level
        return entry

    def report(self) -> dict[str, object]:
        """As the referee shows it: what differs from the default is named."""
        shown: dict[str, object] = {"type": self.type, "codes": list(self.codes)}
        if self.level:
            shown["level"] = self._level
        return shown | self.flags

    @property
    def flags(self) -> dict[str, bool]:
        """The only-flags that are set. In requests they have no short names."""
        flags = {
            "is_only_snapshot": self.is_only_snapshot,
            "is_only_realtime": self.is_only_realtime,
        }
        return {name: True for name, is_set in flags.items() if is_set}

    @property
    def _level(self) -> float:
        return self.level // UNIT if self.level % UNIT == 0 else self.level / UNIT


ReadWish = Callable[[Element], Wish]


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


def read_request(
    text: str, read_wish: ReadWish, switches: Switches
) -> Subscribe | ListSubscriptions:
    """The request in this text; its elements may stand in any order. Raises `Refused`.

    `read_wish` reads the type objects; each one that it gets has a `type` that is a string.
    """
    most = switches.request_bytes
    if most is not None and len(text.encode()) > most:
        raise Refused("WRONG_FORMAT")
    try:
        elements = json.loads(text)
    except (ValueError, RecursionError):
        raise Refused("WRONG_FORMAT") from None
    if not isinstance(elements, list) or not all(isinstance(one, dict) for one in elements):
        raise Refused("WRONG_FORMAT")

    ticket = next((one["ticket"] for one in elements if "ticket" in one), None)
    if not isinstance(ticket, str) or not ticket:
        raise Refused("NO_TICKET")
    form = _format(elements, switches)

    method = next((one["method"] for one in elements if "method" in one), None)
    if method is not None:
        mixed = switches.method_beside_types_refused and any("type" in one for one in elements)
        if mixed or method != "LIST_SUBSCRIPTIONS":
            raise Refused("WRONG_FORMAT")
        return ListSubscriptions(ticket, form)

    wishes = tuple(
        read_wish(_typed(one))
        for one in elements
        if "type" in one or not ("ticket" in one or "format" in one)
    )
    if not wishes:
        raise Refused("NO_TYPE")
    return Subscribe(wishes, form or DEFAULT)


def _format(elements: list[Element], switches: Switches) -> Format | None:
    name = next((one["format"] for one in elements if "format" in one), None)
    if name is None:
        return None
    form = FORMATS.get(name) if isinstance(name, str) else None
    if form is None and switches.unknown_format != "DEFAULT":
        raise Refused(switches.unknown_format, str(name))
    return form or DEFAULT


def _typed(element: Element) -> Element:
    kind = element.get("type")
    if kind is None:
        raise Refused("NO_TYPE")
    if not isinstance(kind, str):
        raise Refused("WRONG_FORMAT")
    return element


def read_market_wish(element: Element, switches: Switches) -> MarketWish:
    """The wish in a type object of a public type. Raises `Refused`."""
    kind = element["type"]
    codes = element.get("codes")
    if codes is None:
        raise Refused("NO_CODES")
    if codes == [] and switches.empty_codes != "nothing":
        raise Refused(switches.empty_codes, "codes")
    camel = switches.camel_case_flags
    only_snapshot = _flag(element, "is_only_snapshot", *(["isOnlySnapshot"] if camel else []))
    only_realtime = _flag(element, "is_only_realtime", *(["isOnlyRealtime"] if camel else []))
    if only_snapshot and only_realtime and switches.both_flags != "nothing":
        if switches.both_flags == "WRONG_FORMAT":
            raise Refused("WRONG_FORMAT")
        only_snapshot = only_realtime = False
    if switches.level_refused and "level" in element:
        raise Refused("WRONG_FORMAT")
    return MarketWish(
        type=kind,
        codes=_codes(codes),
        level=_level(element.get("level", 0)) if kind == "orderbook" else 0,
        is_only_snapshot=only_snapshot,
        is_only_realtime=only_realtime,
    )


def read_order_wish(element: Element) -> Wish:
    """The wish in a type object of `myOrder`: without codes it is for all. Raises `Refused`."""
    return Wish(type=element["type"], codes=_codes(element.get("codes", [])))


def read_asset_wish(element: Element) -> Wish:
    """The wish in a type object of `myAsset`, which must not have codes. Raises `Refused`."""
    if "codes" in element:
        raise Refused("WRONG_FORMAT")
    return Wish(type=element["type"])


def _codes(codes: object) -> tuple[str, ...]:
    if not isinstance(codes, list) or not all(isinstance(code, str) for code in codes):
        raise Refused("WRONG_FORMAT")
    return tuple(codes)


def _flag(element: Element, *names: str) -> bool:
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
