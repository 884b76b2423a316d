"""What is wrong is told where it is given, by its name, and nothing has happened yet."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from tests.harness import MARKETS, MemoryExchange, virtual_world
from tickwire import (
    DataPoolManager,
    SubscriptionSpec,
    SyncWebSocketClient,
    Timing,
    UsageError,
    WebSocketClient,
    WebSocketManager,
    get_global_websocket_manager,
)
from tickwire.testing import LocalExchange, ManualClock, MemoryNetwork

BTC = MARKETS[0]
SPEC = SubscriptionSpec("ticker", BTC)
NO_SECONDS: list[Any] = ["x", -1, -0.1, float("nan"), float("inf"), 10**400, True, [1]]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def manager(clock: ManualClock) -> AsyncIterator[WebSocketManager]:
    network = MemoryNetwork()
    MemoryExchange(clock, network)
    async with WebSocketManager(world=virtual_world(clock, network)) as manager:
        yield manager


# --- wishes -----------------------------------------------------------------------------------


@pytest.mark.parametrize("spec", ["ticker", None, [SPEC], 5], ids=str)
async def test_a_wish_is_one_spec(manager: WebSocketManager, spec: Any) -> None:
    """It is told how one is written; nobody has joined for it."""
    client = WebSocketClient("client", manager=manager)
    for call in (client.subscribe, manager.wishes_of):
        with pytest.raises(UsageError, match=r"expected one SubscriptionSpec, such as Sub.*, not"):
            await call(spec)
    assert len(manager.components) == 0


class Chart:
    """A component of somebody."""


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        (Chart(), SPEC),
        (Chart(), "ticker"),
        (Chart(), 5),
        (Chart(), []),
        (Chart(), ["ticker"]),
        (Chart(),),
        (SPEC,),
        ({SPEC},),
        ("ticker",),
        ([],),
        (["ticker"],),
    ],
    ids=str,
)
async def test_a_registration_names_the_places(manager: WebSocketManager, arguments: Any) -> None:
    """What belongs where is hard to guess."""
    places = "register_component(component_id, component, [SubscriptionSpec, …])"
    with pytest.raises(UsageError, match=re.escape(places)):
        await manager.register_component("a", *arguments)
    assert len(manager.components) == 0


@pytest.mark.parametrize("component_id", [[], None, 5, " "], ids=repr)
async def test_an_id_is_text(manager: WebSocketManager, component_id: Any) -> None:
    """Wherever one is named."""
    with pytest.raises(UsageError, match="component id must be text"):
        await manager.unregister_component(component_id)
    async with DataPoolManager("pool", manager=manager) as pool:
        with pytest.raises(UsageError, match="client id must be text"):
            await pool.unregister_client_interest(component_id)


@pytest.mark.parametrize("component", [None, "nope", [], object()], ids=["None", "id", "[]", "it"])
async def test_whoever_does_not_take_part_is_not_explained(
    manager: WebSocketManager, component: Any
) -> None:
    """Least of all by somebody else, who was registered without an object."""
    await manager.register_component("a", [SPEC])
    with pytest.raises(UsageError, match=r"there is no component .* here; there are: a$"):
        manager.explain(component)


# --- waiting ----------------------------------------------------------------------------------


@pytest.mark.parametrize("timeout", NO_SECONDS, ids=lambda each: repr(each)[:10])
async def test_a_timeout_is_seconds(manager: WebSocketManager, timeout: Any) -> None:
    """Finite and not negative, wherever one can wait."""
    async with WebSocketClient("client", manager=manager) as client:
        calls: list[Callable[[], Any]] = [
            lambda: client.ready(timeout),
            lambda: manager.ready(timeout),
            lambda: client.get_snapshot("ticker", BTC, timeout=timeout),
            lambda: manager.get_snapshot("ticker", BTC, timeout=timeout),
        ]
        for call in calls:
            with pytest.raises(UsageError, match="timeout must be seconds from 0 up"):
                await call()


def test_a_timeout_is_seconds_without_await() -> None:
    """The same."""
    with (
        LocalExchange(seed=3, markets=5) as exchange,
        SyncWebSocketClient("client", websocket_base_url=exchange.websocket_base_url) as client,
    ):
        for timeout in NO_SECONDS:
            for call in (client.get, client.ready):
                with pytest.raises(UsageError, match="timeout must be seconds from 0 up"):
                    call(timeout)


async def test_nobody_waits_for_a_component_that_is_not_there(manager: WebSocketManager) -> None:
    """It would be ready at once."""
    with pytest.raises(UsageError, match="there is no component 'nope' here"):
        await manager.ready(component_id="nope")


async def test_a_manager_that_was_stopped_is_not_ready(
    manager: WebSocketManager, clock: ManualClock
) -> None:
    """Neither for who asks then, nor for who waits already."""
    client = WebSocketClient("client", manager=manager)
    await client.subscribe_trade("KRW-NONE")
    waiting = [asyncio.ensure_future(each.ready()) for each in (client, manager)]
    await clock.advance(0.5)
    await manager.stop()
    for each in (*waiting, manager.ready(), client.ready()):
        with pytest.raises(UsageError, match="this manager was stopped"):
            await each
    await client.disconnect()


# --- making one -------------------------------------------------------------------------------

_OPTIONS: list[tuple[Any, str]] = [
    ({"strategy": []}, "unknown strategy"),
    ({"strategy": None}, "unknown strategy"),
    ({"websocket_base_url": 5}, "websocket_base_url must be"),
    ({"base_url": b"http://localhost"}, "base_url must be"),
    ({"environment": []}, "unknown environment"),
    ({"wire_format": []}, "unknown wire_format"),
    ({"wire_format": None}, "unknown wire_format"),
    ({"compression": "no"}, "compression must be True or False"),
    ({"compression": None}, "compression must be True or False"),
    ({"enable_dynamic_adjustment": 1}, "enable_dynamic_adjustment must be True or False"),
]


@pytest.mark.parametrize(("arguments", "message"), _OPTIONS, ids=str)
async def test_options_are_checked(arguments: Any, message: str) -> None:
    """Of a manager, and of a client that is to find one."""
    with pytest.raises(UsageError, match=message):
        WebSocketManager(**arguments)
    with pytest.raises(UsageError, match=message):
        WebSocketClient("client", **arguments)
    with pytest.raises(UsageError, match=message):
        SyncWebSocketClient("client", **arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"timing": 3}, "timing must be a Timing"),
        ({"timing": {}}, "timing must be a Timing"),
        ({"world": 3}, "world must be a World"),
        ({"world": 0}, "world must be a World"),
        ({"enable_rate_limiter": "no"}, "enable_rate_limiter must be True or False"),
        ({"jwt_algorithm": []}, "unknown algorithm"),
    ],
    ids=str,
)
async def test_options_of_a_manager_are_checked(arguments: Any, message: str) -> None:
    """Those that only it has."""
    with pytest.raises(UsageError, match=message):
        WebSocketManager(**arguments)


async def test_a_manager_is_one() -> None:
    """Not its address, and not what would give it."""
    managers: list[Any] = [3, "wss://localhost", get_global_websocket_manager, []]
    for make in (WebSocketClient, DataPoolManager):
        for manager in managers:
            with pytest.raises(UsageError, match="manager must be a WebSocketManager"):
                make("c", manager=manager)


async def test_what_is_wrong_with_the_timing_is_told_at_once() -> None:
    """Rather than by a task that fails later; see the tests of the core."""
    with pytest.raises(UsageError, match="debounce_s must be seconds from 0 up"):
        WebSocketManager(timing=Timing(debounce_s=-1))


@pytest.mark.parametrize("prefix", [5, None, "a\n", "x" * 65])
def test_a_ticket_begins_with_text(prefix: Any) -> None:
    """Short, and such as can be printed: it stands in messages and in what explains them."""
    with pytest.raises(UsageError, match="ticket_prefix must be printable text"):
        WebSocketManager(ticket_prefix=prefix)
