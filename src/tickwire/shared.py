"""One manager for each event loop and exchange, shared by all who ask for it."""

import asyncio

from tickwire.exchanges.upbit import Upbit
from tickwire.manager import WebSocketManager

__all__ = ["get_global_websocket_manager", "shared_manager"]

_managers: dict[asyncio.AbstractEventLoop, dict[tuple[str, str], WebSocketManager]] = {}


def shared_manager(
    *,
    environment: str = "kr",
    websocket_base_url: str | None = None,
    base_url: str | None = None,
) -> WebSocketManager:
    """The manager of this loop for an exchange, made when first asked for."""
    exchange = Upbit(
        environment=environment, websocket_base_url=websocket_base_url, base_url=base_url
    )
    # A manager knows its loop, so neither would ever be collected by itself.
    for loop in [loop for loop in _managers if loop.is_closed()]:
        del _managers[loop]
    managers = _managers.setdefault(asyncio.get_running_loop(), {})
    key = (exchange.websocket_base_url, exchange.base_url)
    manager = managers.get(key)
    if manager is None or manager.is_stopped:
        manager = managers[key] = WebSocketManager(
            websocket_base_url=exchange.websocket_base_url, base_url=exchange.base_url
        )
    return manager


async def get_global_websocket_manager() -> WebSocketManager:
    """The manager of this loop for the real exchange (Upbit Korea), shared by all who ask."""
    return shared_manager()
