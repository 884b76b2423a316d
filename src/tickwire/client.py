"""The client: one component's own view of the wire."""

import warnings
from collections.abc import AsyncIterator, Callable, Iterable
from decimal import Decimal
from types import TracebackType
from typing import Any, Literal, Self, overload

from tickwire.control import ControlEvent
from tickwire.delivery.component import Component
from tickwire.delivery.inbox import Ended, Handler
from tickwire.errors import SlowConsumer, UsageError
from tickwire.events import BaseWebSocketEvent, CandleEvent, OrderbookEvent, TickerEvent, TradeEvent
from tickwire.manager import Readiness, WebSocketManager, check_component_id
from tickwire.shared import shared_manager
from tickwire.subscription import (
    DataType,
    SubscriptionSpec,
    candle_type,
    normalise_symbol,
)

__all__ = ["WebSocketClient"]

Symbols = str | Iterable[str]


class WebSocketClient:
    """A component that subscribes with callbacks, or is iterated over.

        async with WebSocketClient("prices") as client:
            await client.subscribe_ticker(["KRW-BTC"])
            async for event in client:
                print(event.symbol, event.trade_price)

    A wish with a callback goes to that callback, plain or asynchronous; the others go to whoever
    iterates. Clients of one exchange in one event loop share its connections, so their wishes
    merge. Keep a reference to the client: once it is collected its wishes are withdrawn.

    Addresses are those of the official SDK: an `environment` (`kr`, `sg`, `id`, `th`), or base
    URLs of scheme and host. `manager` uses that one instead of the shared one.
    """

    def __init__(
        self,
        component_id: str,
        *,
        environment: str = "kr",
        websocket_base_url: str | None = None,
        base_url: str | None = None,
        manager: WebSocketManager | None = None,
    ) -> None:
        check_component_id(component_id)
        addresses = (environment != "kr", websocket_base_url, base_url)
        if manager is not None and any(addresses):
            raise UsageError("pass either manager= or an address, not both")
        self.component_id = component_id
        self._addresses = (environment, websocket_base_url, base_url)
        self._manager = manager
        self._component: Component | None = None
        self._is_open = True
        self._is_iterated = False

    def __repr__(self) -> str:
        if self._component is None:
            return f"<WebSocketClient {self.component_id!r}: nothing wanted yet>"
        state = "open" if self._is_open else "disconnected"
        return f"<WebSocketClient {self.component_id!r}: {state}, {self._component!r}>"

    def __del__(self) -> None:
        if getattr(self, "_component", None) is not None and self._is_open:
            warnings.warn(
                f"client {self.component_id!r} was collected while open and its wishes are gone; "
                "keep a reference to it, or use 'async with'",
                ResourceWarning,
                stacklevel=2,
                source=self,
            )

    # --- life ---------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        await self._join()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.disconnect()

    async def disconnect(self) -> None:
        """Withdraw every wish; no callback is called from now on. May be called twice."""
        self._is_open = False
        if self._manager is not None and self._component is not None:
            self._manager.release(self._component)

    async def _join(self) -> tuple[WebSocketManager, Component]:
        if not self._is_open:
            raise UsageError(
                f"client {self.component_id!r} was disconnected; make another WebSocketClient"
            )
        if self._manager is None:
            environment, websocket_base_url, base_url = self._addresses
            self._manager = shared_manager(
                environment=environment, websocket_base_url=websocket_base_url, base_url=base_url
            )
        await self._manager.start()
        if self._component is None:
            self._component = self._manager.new_component(self.component_id, self)
        self._manager.join(self._component)
        return self._manager, self._component

    # --- wishes -------------------------------------------------------------------------------

    async def subscribe_ticker(
        self, symbols: Symbols, callback: Callable[[TickerEvent], Any] | None = None
    ) -> None:
        """Ask for tickers. Returns when the wish is recorded; see `ready` for the data."""
        await self.subscribe(SubscriptionSpec(DataType.TICKER, symbols), callback)

    async def subscribe_trade(
        self, symbols: Symbols, callback: Callable[[TradeEvent], Any] | None = None
    ) -> None:
        """Ask for trades."""
        await self.subscribe(SubscriptionSpec(DataType.TRADE, symbols), callback)

    async def subscribe_orderbook(
        self,
        symbols: Symbols,
        callback: Callable[[OrderbookEvent], Any] | None = None,
        *,
        level: Decimal | int | str = 0,
    ) -> None:
        """Ask for order books; `level` groups prices by a step in quote currency."""
        await self.subscribe(SubscriptionSpec(DataType.ORDERBOOK, symbols, level=level), callback)

    async def subscribe_candle(
        self,
        symbols: Symbols,
        callback: Callable[[CandleEvent], Any] | None = None,
        *,
        unit: str = "1m",
    ) -> None:
        """Ask for candles of a unit: 1s, 1m, 3m, 5m, 10m, 15m, 30m, 60m or 240m."""
        await self.subscribe(SubscriptionSpec(candle_type(unit), symbols), callback)

    async def subscribe(self, spec: SubscriptionSpec, callback: Handler | None = None) -> None:
        """Add a wish to those this client has; raises `UsageError`."""
        if callback is not None and not callable(callback):
            raise UsageError(f"a callback must be callable, not {callback!r}")
        manager, component = await self._join()
        manager.want(component, await manager.streams_of(spec), callback)

    async def unsubscribe(self, data_type: DataType | str, symbols: Symbols | None = None) -> None:
        """Withdraw the wishes of a type, for some symbols or for all of them."""
        kind = DataType.of(data_type)
        named = None if symbols is None else SubscriptionSpec(kind, symbols)
        manager, component = await self._join()
        if named is None:
            gone = {stream for stream in component.streams if stream.type == kind}
        else:
            symbols_gone = {stream.symbol for stream in await manager.streams_of(named)}
            gone = {
                stream
                for stream in component.streams
                if stream.type == kind and stream.symbol in symbols_gone
            }
        manager.unwant(component, gone)

    # --- what comes ---------------------------------------------------------------------------

    async def ready(self, timeout: float | None = 10.0) -> Readiness:
        """Wait until every stream wanted has shown data, or the time (seconds) is up.

        The result tells what is `confirmed` and what is `missing`, and is true if nothing is.
        """
        manager, _ = await self._join()
        return await manager.ready(timeout, component_id=self.component_id)

    def latest(
        self, data_type: DataType | str, symbol: str, *, level: Decimal | int | str = 0
    ) -> BaseWebSocketEvent | None:
        """The last event of a stream that is wanted, without waiting; `None` before the first."""
        spec = SubscriptionSpec(data_type, normalise_symbol(symbol), level=level)
        return None if self._manager is None else self._manager.latest(spec)

    def __aiter__(self) -> AsyncIterator[BaseWebSocketEvent]:
        return self.stream()

    @overload
    def stream(self, *, control: Literal[False] = False) -> AsyncIterator[BaseWebSocketEvent]: ...
    @overload
    def stream(
        self, *, control: Literal[True]
    ) -> AsyncIterator[BaseWebSocketEvent | ControlEvent]: ...
    async def stream(self, *, control: bool = False) -> AsyncIterator[Any]:
        """The events of the wishes without a callback, in order, until `disconnect`.

        `control=True` puts `Gap`, `Lagged`, `Reconnecting`, `Restored`, `Rejected` and `Refused`
        in their places between the data. Raises `SlowConsumer` if too much had to be kept.
        """
        if self._is_iterated:
            raise UsageError(f"client {self.component_id!r} is iterated over already")
        manager, component = await self._join()
        self._is_iterated = True
        component.streams_control = control
        try:
            while True:
                try:
                    item = await component.stream_inbox.take()
                except Ended:
                    return
                except SlowConsumer:
                    manager.release(component)
                    raise
                if control or not isinstance(item.event, ControlEvent):
                    yield item.event
        finally:
            self._is_iterated = False
            component.streams_control = False
