"""The client for programs without an event loop: the same calls, without `await`."""

import threading
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from functools import wraps
from types import TracebackType
from typing import Any, Concatenate, Literal, ParamSpec, Self, TypeVar, overload

from tickwire.background import Background, shared_background
from tickwire.checks import check_seconds
from tickwire.client import WebSocketClient
from tickwire.control import ControlEvent
from tickwire.core.efficiency import SubscriptionPlan
from tickwire.core.explanation import Explanation
from tickwire.core.rate_limiter import RateLimiterStatus
from tickwire.core.strategy import Strategy
from tickwire.delivery.inbox import Ended
from tickwire.errors import SlowConsumer, UsageError
from tickwire.events import BaseWebSocketEvent
from tickwire.exchanges.upbit import WireFormat
from tickwire.statistics import ManagerStatistics

__all__ = ["SyncWebSocketClient"]

T = TypeVar("T")
P = ParamSpec("P")


class _Client(WebSocketClient):
    """The client in the background, whose events are taken one at a time."""

    async def take(self, control: bool, *, has_end: bool) -> BaseWebSocketEvent | ControlEvent:
        """The next event for whoever iterates. Being cancelled takes none, and loses none.

        `has_end` is whether somebody will cancel it after a while.
        """
        if self._component is None:
            await self._join()
        component, manager = self._component, self._manager
        assert component is not None
        assert manager is not None
        component.streams_control = control
        if not has_end:
            self._warn_if_in_vain(component)
        while True:
            try:
                item = await component.stream_inbox.take()
            except SlowConsumer:
                manager.components.release(component)
                raise
            if control or not isinstance(item.event, ControlEvent):
                return item.event


def _waiting(
    method: Callable[Concatenate[WebSocketClient, P], Coroutine[Any, Any, T]],
) -> "Callable[Concatenate[SyncWebSocketClient, P], T]":
    """The same method, which returns when it is done."""

    @wraps(method)
    def wait(self: "SyncWebSocketClient", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._run(method(self._client, *args, **kwargs))

    return wait


def _at_once(
    method: Callable[Concatenate[WebSocketClient, P], T],
) -> "Callable[Concatenate[SyncWebSocketClient, P], T]":
    """The same method, which only reads and waits for nobody."""

    @wraps(method)
    def read(self: "SyncWebSocketClient", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return method(self._client, *args, **kwargs)

    return read


class SyncWebSocketClient:
    """`WebSocketClient` for scripts, threads and notebooks: the same calls, without `await`.

        with SyncWebSocketClient("prices") as client:
            client.subscribe_ticker(["KRW-BTC"])
            print(client.get(timeout=10).trade_price)
            for event in client:
                print(event.symbol, event.trade_price)

    All of them live in one background thread and share its connections, so their wishes merge.
    Events wait in the client's inbox until they are taken, one by one, and the overflow rules hold
    as for any component: a consumer that is too slow gets the newest state and the newest trades.
    A callback is called in the background thread: it should return soon, and may call nothing here
    but `latest`. Everything may be called from any thread; one at a time may take events.

    Arguments are those of `WebSocketClient`.
    """

    def __init__(
        self,
        component_id: str,
        *,
        environment: str = "kr",
        websocket_base_url: str | None = None,
        base_url: str | None = None,
        access_key: str | None = None,
        secret_key: str | None = None,
        compression: bool = True,
        wire_format: WireFormat = "DEFAULT",
        strategy: str | Strategy = "balanced",
        enable_dynamic_adjustment: bool = True,
    ) -> None:
        self._client = _Client(
            component_id,
            environment=environment,
            websocket_base_url=websocket_base_url,
            base_url=base_url,
            access_key=access_key,
            secret_key=secret_key,
            compression=compression,
            wire_format=wire_format,
            strategy=strategy,
            enable_dynamic_adjustment=enable_dynamic_adjustment,
        )
        self.component_id = component_id
        self._background: Background | None = None
        self._taking = threading.Lock()
        self._taken: deque[BaseWebSocketEvent | ControlEvent] = deque()

    def __repr__(self) -> str:
        return f"<Sync{repr(self._client).removeprefix('<')}"

    # --- life ---------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self._run(self._client.__aenter__())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.disconnect()

    def disconnect(self) -> None:
        """Withdraw every wish; whoever waits here stops waiting. May be called twice."""
        background = self._background
        if background is None or background.is_running:
            self._run(self._client.disconnect())

    def _run(self, work: Coroutine[Any, Any, T], timeout: float | None = None) -> T:
        if self._background is None:
            self._background = shared_background()
        return self._background.run(work, timeout)

    # --- wishes -------------------------------------------------------------------------------

    subscribe = _waiting(WebSocketClient.subscribe)
    subscribe_ticker = _waiting(WebSocketClient.subscribe_ticker)
    subscribe_trade = _waiting(WebSocketClient.subscribe_trade)
    subscribe_orderbook = _waiting(WebSocketClient.subscribe_orderbook)
    subscribe_candle = _waiting(WebSocketClient.subscribe_candle)
    subscribe_my_order = _waiting(WebSocketClient.subscribe_my_order)
    subscribe_my_asset = _waiting(WebSocketClient.subscribe_my_asset)
    subscribe_announcement = _waiting(WebSocketClient.subscribe_announcement)
    subscribe_indicator = _waiting(WebSocketClient.subscribe_indicator)
    subscribe_indicator_signal = _waiting(WebSocketClient.subscribe_indicator_signal)
    subscribe_raw = _waiting(WebSocketClient.subscribe_raw)
    unsubscribe = _waiting(WebSocketClient.unsubscribe)

    # --- what comes ---------------------------------------------------------------------------

    ready = _waiting(WebSocketClient.ready)
    list_subscriptions = _waiting(WebSocketClient.list_subscriptions)
    verify_subscriptions = _waiting(WebSocketClient.verify_subscriptions)
    latest = _at_once(WebSocketClient.latest)
    get_snapshot = _waiting(WebSocketClient.get_snapshot)

    def explain(self) -> Explanation:
        """What is wanted here and what has become of each stream; `print` it to read it."""
        return self._read(self._client.explain)

    def statistics(self) -> ManagerStatistics:
        """All clients that share these connections, in figures; see `WebSocketManager`."""
        return self._read(lambda: self._client.manager.statistics())

    def get_rate_limiter_status(self) -> RateLimiterStatus:
        """How far the exchange's limits are used, as JSON has it; see `RateLimiterStatus`."""
        return self._read(lambda: self._client.manager.get_rate_limiter_status())

    def plan(self) -> SubscriptionPlan:
        """The messages that would say all that these clients want; see `WebSocketManager`."""
        return self._read(lambda: self._client.manager.plan())

    def _read(self, function: Callable[[], T]) -> T:
        """What a function gives in the background thread, where nothing changes meanwhile."""

        async def read() -> T:
            return function()

        return self._run(read())

    @overload
    def get(
        self, timeout: float | None = None, *, control: Literal[False] = False
    ) -> BaseWebSocketEvent: ...
    @overload
    def get(
        self, timeout: float | None = None, *, control: Literal[True]
    ) -> BaseWebSocketEvent | ControlEvent: ...
    def get(self, timeout: float | None = None, *, control: bool = False) -> Any:
        """The next event of the wishes without a callback, in order.

        Waits `timeout` seconds (`None`: for ever) and then raises `TimeoutError`; 0 takes only
        what is there. `control` is as in `stream`, and holds until the next call. Raises
        `UsageError` after `disconnect`, and `SlowConsumer` if too much had to be kept.
        """
        try:
            return self._take(timeout, control)
        except Ended:
            raise UsageError(f"client {self.component_id!r} was disconnected") from None

    def __iter__(self) -> Iterator[BaseWebSocketEvent]:
        return self.stream()

    @overload
    def stream(self, *, control: Literal[False] = False) -> Iterator[BaseWebSocketEvent]: ...
    @overload
    def stream(self, *, control: Literal[True]) -> Iterator[BaseWebSocketEvent | ControlEvent]: ...
    def stream(self, *, control: bool = False) -> Iterator[Any]:
        """The events of the wishes without a callback, in order, until `disconnect`.

        `control=True` puts `Gap`, `Lagged`, `Reconnecting`, `Restored`, `Rejected` and `Refused`
        in their places between the data. Raises `SlowConsumer` if too much had to be kept.
        """
        while True:
            try:
                event = self._take(None, control)
            except Ended:
                return
            yield event

    def _take(self, timeout: float | None, control: bool) -> BaseWebSocketEvent | ControlEvent:
        if timeout is not None:
            check_seconds("timeout", timeout)
        if not self._taking.acquire(blocking=False):
            raise UsageError(f"another thread takes events of client {self.component_id!r} already")
        try:
            try:
                self._run(self._fill(control, has_end=timeout is not None), timeout)
            except TimeoutError:
                if not self._taken:  # it may have come at the last moment
                    raise
            return self._taken.popleft()
        finally:
            self._taking.release()

    async def _fill(self, control: bool, *, has_end: bool) -> None:
        # By way of a place of its own, so that an event is not lost with whoever waited for it.
        if not self._taken:
            self._taken.append(await self._client.take(control, has_end=has_end))
