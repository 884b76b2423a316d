"""Upbit's fixed facts: hosts, paths, endpoints and limits.

Sources: docs.upbit.com and global-docs.upbit.com, websocket-guide (2026-09) for hosts and paths,
rate-limits (2026-10-07) for the limits.
"""

from urllib.parse import urlsplit

from tickwire.core.exchange import Endpoint
from tickwire.core.limiter import Limit
from tickwire.errors import UsageError
from tickwire.subscription import DataType

__all__ = ["CONNECT_LIMITS", "ENDPOINTS", "HOSTS", "MESSAGE_LIMITS", "PATHS", "base_urls"]

HOSTS = {
    "kr": "api.upbit.com",
    "sg": "sg-api.upbit.com",
    "id": "id-api.upbit.com",
    "th": "th-api.upbit.com",
}

PATHS = {
    Endpoint.PUBLIC: "/websocket/v1",
    Endpoint.PRIVATE: "/websocket/v1/private",
    Endpoint.INFO: "/websocket/v1/info",
}

ENDPOINTS = dict.fromkeys(DataType, Endpoint.PUBLIC)

CONNECT_LIMITS = (Limit(5, 1.0),)
"""Per address."""

MESSAGE_LIMITS = (Limit(5, 1.0), Limit(100, 60.0))
"""Per connection, whatever the message asks for."""


def base_urls(
    environment: str, websocket_base_url: str | None, base_url: str | None
) -> tuple[str, str]:
    """The WebSocket and REST base addresses, without a path; raises `UsageError`.

    A given WebSocket address without a REST address serves both, so that a local exchange needs
    to be named once.
    """
    if environment not in HOSTS:
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


def _checked(url: str, argument: str, schemes: tuple[str, ...]) -> str:
    expected = " or ".join(f"{scheme}://HOST[:PORT]" for scheme in schemes)
    try:
        parts = urlsplit(url)
        valid = parts.scheme in schemes and parts.hostname and parts.port != 0
    except ValueError:  # a port out of range, a bracket that is never closed
        valid = False
    if not valid:
        raise UsageError(f"{argument} must be {expected}, not {url!r}")
    if parts.username is not None:
        raise UsageError(f"{argument} must be {expected}, without a user name or password")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise UsageError(f"{argument} is scheme and host only (paths are added), not {url!r}")
    return f"{parts.scheme}://{parts.netloc}"
