"""Upbit's fixed facts: hosts, paths, endpoints and limits.

Sources: docs.upbit.com and global-docs.upbit.com, websocket-guide (2026-09) for hosts and paths,
rate-limits (2026-10-07) for the limits.
"""

from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit

from tickwire.core.exchange import Endpoint
from tickwire.core.limiter import Limit
from tickwire.errors import UsageError
from tickwire.subscription import DataType

__all__ = [
    "CONNECT_LIMITS",
    "ENDPOINTS",
    "HOSTS",
    "KEYS_REFUSED",
    "MARKET_TYPES",
    "MESSAGE_LIMITS",
    "MOST_STREAMS",
    "PATHS",
    "RATE_REFUSED",
    "TICKET_PREFIX",
    "WIRE_FORMATS",
    "WITHOUT_LEVELS",
    "WireFormat",
    "base_urls",
    "check_fit_for_keys",
    "check_ticket_prefix",
    "check_wire_format",
    "is_on_this_machine",
]

WireFormat = Literal["DEFAULT", "SIMPLE", "JSON_LIST", "SIMPLE_LIST"]

HOSTS = {
    "kr": "api.upbit.com",
    "sg": "sg-api.upbit.com",
    "id": "id-api.upbit.com",
    "th": "th-api.upbit.com",
}

WITHOUT_LEVELS = frozenset({"id"})
"""Where a `level` is answered with WRONG_FORMAT; source: the real host (2026-09-23)."""

PATHS = {
    Endpoint.PUBLIC: "/websocket/v1",
    Endpoint.PRIVATE: "/websocket/v1/private",
    Endpoint.INFO: "/websocket/v1/info",
}

ENDPOINTS: dict[str, Endpoint] = {
    **dict.fromkeys(DataType, Endpoint.PUBLIC),
    DataType.MY_ORDER: Endpoint.PRIVATE,
    DataType.MY_ASSET: Endpoint.PRIVATE,
    DataType.ANNOUNCEMENT: Endpoint.PRIVATE,
    DataType.INDICATOR: Endpoint.INFO,
    DataType.INDICATOR_SIGNAL: Endpoint.INFO,
}

MARKET_TYPES = frozenset(kind for kind, at in ENDPOINTS.items() if at is Endpoint.PUBLIC)
"""The types that begin with a snapshot and can be asked for without one.

The others say nothing until something happens; of unknown types nothing is known.
"""

MOST_STREAMS = {Endpoint.INFO: 100}
"""Codes times indicators, over both types of them, on one connection; above that it is closed.

Source: the websocket-indicator page (2026-09-23).
"""

WIRE_FORMATS: tuple[WireFormat, ...] = ("DEFAULT", "SIMPLE", "JSON_LIST", "SIMPLE_LIST")
"""Long or short names, each message alone or in an array."""

KEYS_REFUSED = frozenset({401, "INVALID_AUTH"})
"""How the keys are refused: at the handshake, or in an error on the open connection."""

RATE_REFUSED = frozenset({429, 418, 1008, "TOO_MANY_REQUEST", "Too Many Requests", "I'm a teapot"})
"""How the rate is complained of: at the handshake, as a close code, or in an error.

The pages of 2026-09-22 name the error; those before had the HTTP texts in its place.
"""

CONNECT_LIMITS = (Limit(5, 1.0),)
"""Per address; with a token, per Pocket."""

MESSAGE_LIMITS = (Limit(5, 1.0), Limit(100, 60.0))
"""Per connection, whatever the message asks for."""


def base_urls(
    environment: str, websocket_base_url: str | None, base_url: str | None
) -> tuple[str, str]:
    """The WebSocket and REST base addresses, without a path; raises `UsageError`.

    A given WebSocket address without a REST address serves both, so that a local exchange needs
    to be named once.
    """
    if not isinstance(environment, str) or environment not in HOSTS:
        raise UsageError(
            f"unknown environment {environment!r}; expected one of: {', '.join(HOSTS)}"
        )
    if websocket_base_url is None:
        websocket = f"wss://{HOSTS[environment]}"
    else:
        websocket = _checked(websocket_base_url, "websocket_base_url", ("ws", "wss"))
    if base_url is not None:
        rest = _checked(base_url, "base_url", ("http", "https"))
    elif websocket_base_url is not None:
        rest = "http" + websocket.removeprefix("ws")
    else:
        rest = f"https://{HOSTS[environment]}"
    return websocket, rest


TICKET_PREFIX = "upbit_websocket_v6_"

_LONGEST_PREFIX = 64


def check_ticket_prefix(prefix: str) -> None:
    """Raise `UsageError` for what is no short text that can be printed."""
    if not isinstance(prefix, str) or len(prefix) > _LONGEST_PREFIX or not prefix.isprintable():
        raise UsageError(
            f"ticket_prefix must be printable text of at most {_LONGEST_PREFIX} characters, "
            f"not {prefix!r}"
        )


def check_wire_format(wire_format: str) -> None:
    """Raise `UsageError` for a format that there is not."""
    if wire_format not in WIRE_FORMATS:
        expected = ", ".join(WIRE_FORMATS)
        raise UsageError(f"unknown wire_format {wire_format!r}; expected one of: {expected}")


def check_fit_for_keys(websocket_base_url: str) -> None:
    """Raise `UsageError` if a token on its way to this address could be read by others."""
    if not websocket_base_url.startswith("wss:") and not is_on_this_machine(websocket_base_url):
        raise UsageError(
            f"keys are not sent to {websocket_base_url}, since it is not encrypted; "
            "use wss://, or a ws:// address of this machine such as ws://127.0.0.1:8765"
        )


def is_on_this_machine(url: str) -> bool:
    """Whether an address is a loopback one."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _checked(url: str, argument: str, schemes: tuple[str, ...]) -> str:
    expected = " or ".join(f"{scheme}://HOST[:PORT]" for scheme in schemes)
    try:
        parts = urlsplit(url)
        valid = parts.scheme in schemes and parts.hostname and parts.port != 0
    except (ValueError, AttributeError):  # a port out of range, an open bracket, or no text
        valid = False
    if not valid:
        raise UsageError(f"{argument} must be {expected}, not {url!r}")
    if parts.username is not None:
        raise UsageError(f"{argument} must be {expected}, without a user name or password")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise UsageError(f"{argument} is scheme and host only (paths are added), not {url!r}")
    return f"{parts.scheme}://{parts.netloc}"
