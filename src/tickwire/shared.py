"""One manager for each event loop and exchange, shared by all who ask for it."""

import asyncio
from collections.abc import Callable
from typing import Any

from tickwire.core.strategy import Strategy, strategy_of
from tickwire.errors import UsageError
from tickwire.exchanges.upbit import JWTManager, Upbit, WireFormat
from tickwire.manager import WebSocketManager
from tickwire.tasks import running_loop

__all__ = ["get_global_websocket_manager", "shared_manager"]

_Key = tuple[str, str, str | None]  # WebSocket address, REST address, access key

_managers: dict[asyncio.AbstractEventLoop, dict[_Key, WebSocketManager]] = {}


def shared_manager(
    *,
    environment: str = "kr",
    websocket_base_url: str | None = None,
    base_url: str | None = None,
    access_key: str | None = None,
    secret_key: str | None = None,
    compression: bool | None = None,
    wire_format: WireFormat | None = None,
    strategy: str | Strategy | None = None,
    enable_dynamic_adjustment: bool | None = None,
) -> Callable[[], WebSocketManager]:
    """What finds, when called, the manager of the running loop for an exchange and an access key.

    The manager is made when first found. Options are checked here; those that contradict the
    manager's raise `UsageError` when it is found. `None` takes what there is.
    """
    jwt_manager = JWTManager(access_key, secret_key)
    exchange = Upbit(
        environment=environment,
        websocket_base_url=websocket_base_url,
        base_url=base_url,
        jwt_manager=jwt_manager,
        wire_format=wire_format or "DEFAULT",
    )
    given = {
        "compression": compression,
        "wire_format": wire_format,
        "strategy": None if strategy is None else strategy_of(strategy),
        "enable_dynamic_adjustment": enable_dynamic_adjustment,
    }
    options: dict[str, Any] = {name: each for name, each in given.items() if each is not None}
    key = (exchange.websocket_base_url, exchange.base_url, jwt_manager.access_key)

    # The keys stay in this function's own scope, where no dump of an object shows them.
    def find() -> WebSocketManager:
        managers = _managers_of_this_loop()
        manager = managers.get(key)
        if manager is None or manager.is_stopped:
            manager = managers[key] = WebSocketManager(
                websocket_base_url=exchange.websocket_base_url,
                base_url=exchange.base_url,
                access_key=access_key,
                secret_key=secret_key,
                **options,
            )
        for name, wanted in options.items():
            made = getattr(manager, name)
            if made != wanted:
                shown = made.name if isinstance(made, Strategy) else made
                raise UsageError(
                    f"the connections to {exchange.websocket_base_url} are shared and were asked "
                    f"for with {name}={shown!r}; pass the same, or manager= for your own"
                )
        if not manager.jwt_manager.has_keys_of(jwt_manager):
            raise UsageError(
                "the connections of this access key are shared and were asked for with another "
                "secret_key; pass the same, or manager= for your own"
            )
        return manager

    return find


def _managers_of_this_loop() -> dict[_Key, WebSocketManager]:
    # A manager knows its loop, so neither would ever be collected by itself.
    for loop in [loop for loop in _managers if loop.is_closed()]:
        del _managers[loop]
    return _managers.setdefault(running_loop(), {})


async def get_global_websocket_manager() -> WebSocketManager:
    """The manager of this loop for the real exchange (Upbit Korea), shared by all who ask."""
    return shared_manager()()
