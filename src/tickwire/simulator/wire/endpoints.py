"""Which types each endpoint serves, and who reads the wishes for them.

Source: the websocket-guide page of docs.upbit.com (v1.6.4). One sentence of it puts the indicator
types on `/private`; its own table and the pages of the two types put them on `/info`.
"""

from collections.abc import Mapping
from typing import Any, Literal

from tickwire.simulator.info import announcements, indicators
from tickwire.simulator.info.indicators import MOST_COMBINATIONS, Combination, IndicatorWish
from tickwire.simulator.switches import Switches
from tickwire.simulator.wire.request import (
    PUBLIC_TYPES,
    Element,
    ListSubscriptions,
    ReadWish,
    Refused,
    Subscribe,
    Wish,
    read_asset_wish,
    read_market_wish,
    read_order_wish,
    read_request,
)

__all__ = ["PATHS", "Endpoint", "read_message"]

Endpoint = Literal["public", "private", "info"]

PATHS: Mapping[Endpoint, str] = {
    "public": "/websocket/v1",
    "private": "/websocket/v1/private",
    "info": "/websocket/v1/info",
}

_TYPES: dict[Endpoint, dict[str, ReadWish]] = {
    "private": {
        "myOrder": read_order_wish,
        "myAsset": read_asset_wish,
        "announcement": announcements.read_wish,
    },
    "info": dict.fromkeys(("indicator", "indicator_signal"), indicators.read_wish),
}
_NOT_PUBLIC = frozenset(kind for types in _TYPES.values() for kind in types)

_FLAGS = frozenset({"is_only_snapshot", "is_only_realtime"})
_CAMEL_FLAGS = frozenset({"isOnlySnapshot", "isOnlyRealtime"})
_KEYS = {
    "orderbook": _FLAGS | {"type", "codes", "level"},
    "myOrder": {"type", "codes"},
    "myAsset": {"type"},
    "announcement": {"type", "categories", "include_body"},
    "indicator": {"type", "codes", "timeframe", "indicators"},
    "indicator_signal": {"type", "codes", "timeframe", "indicators"},
}
_MARKET_KEYS = _FLAGS | {"type", "codes"}


def read_message(
    text: str, endpoint: Endpoint, switches: Switches
) -> Subscribe | ListSubscriptions:
    """What a message on this endpoint asks for. Raises `Refused`."""

    def read_wish(element: Element) -> Wish:
        if switches.unknown_keys_refused:
            _check_keys(element, switches)
        return _read_wish(element, endpoint, switches)

    request = read_request(text, read_wish, switches)
    if isinstance(request, Subscribe):
        # The same combination in several type objects counts once.
        combined: set[Combination] = set()
        for wish in request.wishes:
            if isinstance(wish, IndicatorWish):
                combined |= wish.combinations
        if len(combined) > MOST_COMBINATIONS:
            raise Refused("TOO_MANY_REQUEST")
    return request


def _read_wish(element: Element, endpoint: Endpoint, switches: Switches) -> Wish:
    kind: str = element["type"]
    if kind in PUBLIC_TYPES and (endpoint == "public" or switches.public_types_everywhere):
        return read_market_wish(element, switches)
    read = _TYPES.get(endpoint, {}).get(kind)
    if read is not None:
        return read(element)
    # What a type on another endpoint than its own brings is not documented.
    if endpoint == "public" and kind in _NOT_PUBLIC:
        raise Refused("INVALID_AUTH")
    raise Refused("INVALID_PARAM", kind)


def _check_keys(element: dict[str, Any], switches: Switches) -> None:
    kind = element["type"]
    known = _KEYS.get(kind, _MARKET_KEYS)
    if kind in PUBLIC_TYPES and switches.camel_case_flags:
        known = known | _CAMEL_FLAGS
    # `codes` on myAsset is refused with the same name anyway.
    if not known >= element.keys():
        raise Refused("WRONG_FORMAT")
