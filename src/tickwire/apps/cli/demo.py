"""The demonstration: twenty components ask at once, one connection answers, and it is cut once."""

import asyncio
from collections import deque
from contextlib import AsyncExitStack

from tickwire import (
    BaseWebSocketEvent,
    ControlEvent,
    DataType,
    Gap,
    OrderbookEvent,
    Reconnecting,
    Restored,
    TickerEvent,
    WebSocketClient,
    WebSocketManager,
)
from tickwire.apps.cli.cast import ALERTS, TYPES, Part, parts
from tickwire.apps.cli.logs import route_logs
from tickwire.apps.cli.screen import Picture, Quote, Screen
from tickwire.apps.cli.tally import Tally, summary
from tickwire.apps.cli.words import Words
from tickwire.simulator import Simulator
from tickwire.world import SystemClock

__all__ = ["demo"]

_SEED = 7
_MARKETS = 60
_CODES = 50
_PRICES = 12

_LOOK_EVERY_S = 0.2
_RATE_OVER_S = 1.0
_READY_WITHIN_S = 5.0
_MOST_MESSAGES = 2


async def demo(seconds: float, screen: Screen, words: Words) -> int:
    """Run the demonstration; 0 if it has shown what it should, else 1."""
    async with (
        Simulator(seed=_SEED, markets=_MARKETS) as exchange,
        WebSocketManager(websocket_base_url=exchange.websocket_base_url) as manager,
    ):
        return await _Demo(exchange, manager, screen, seconds, words).run()


class _Demo:
    """One run: the cast on one side, the exchange on the other, the screen in front."""

    def __init__(
        self,
        exchange: Simulator,
        manager: WebSocketManager,
        screen: Screen,
        seconds: float,
        words: Words,
    ) -> None:
        self._exchange = exchange
        self._manager = manager
        self._screen = screen
        self._seconds = seconds
        self._words = words
        self._clock = SystemClock()
        self._started_at = self._clock.now()
        codes = exchange.codes[:_CODES]
        self._parts = parts(codes)
        self._wishes = sum(len(part.wishes) for part in self._parts)
        self._shown = [code for code in codes if code.startswith("KRW-")][:_PRICES]
        self._clients = {
            part.name: WebSocketClient(part.name, manager=manager) for part in self._parts
        }
        self._newest: BaseWebSocketEvent | None = None
        self._news: deque[tuple[float, str]] = deque()
        """What has happened and is not on the screen yet."""
        self._before: Tally | None = None
        """Everything up to the drop."""
        self._gaps = 0
        self._recovery = ""
        """How the connection came back, in words."""
        self._counts: deque[tuple[float, int]] = deque()
        """Moments and events delivered up to then, for the rate."""

    async def run(self) -> int:
        async with AsyncExitStack() as stack:
            for client in self._clients.values():
                await stack.enter_async_context(client)
            stack.enter_context(route_logs(self._tell))
            alerts = asyncio.create_task(self._listen(self._clients[ALERTS]), name="demo: alerts")
            stack.callback(alerts.cancel)
            try:
                with self._screen:
                    await self._play()
            except asyncio.CancelledError:
                self._sum_up(self._words.interrupted)
                raise
            problems = ", ".join(self._problems())
            self._sum_up(self._words.fell_short(problems) if problems else "")
            return 1 if problems else 0

    # --- what happens -------------------------------------------------------------------------

    async def _play(self) -> None:
        words = self._words
        wanted = len({code for part in self._parts for w in part.wishes for code in w.symbols})
        self._tell(words.asking(len(self._parts), self._wishes, len(TYPES), wanted))
        self._look()
        asked_at = self._clock.now()
        await asyncio.gather(*(self._ask(part) for part in self._parts))
        ready = await self._manager.ready(min(_READY_WITHIN_S, self._seconds / 3))
        if ready:
            took_ms = (self._clock.now() - asked_at) * 1000
            self._tell(words.all_confirmed(len(ready.confirmed), took_ms))
        while (left_s := self._seconds - self._elapsed_s) > 0:
            if self._before is None and ready and self._elapsed_s >= self._seconds / 3:
                self._before = self._tally()
                self._tell(words.cutting())
                self._exchange.drop()
            self._look()
            await self._clock.sleep(min(_LOOK_EVERY_S, left_s))
        self._look()

    async def _ask(self, part: Part) -> None:
        client = self._clients[part.name]
        for wish in part.wishes:
            await client.subscribe(wish, part.callback)

    async def _listen(self, client: WebSocketClient) -> None:
        """What the iterating component does with its events."""
        words = self._words
        async for event in client.stream(control=True):
            if not isinstance(event, ControlEvent):
                self._newest = event
            elif isinstance(event, Gap):
                self._gaps += 1
            elif isinstance(event, Reconnecting):
                self._tell(words.reconnecting(event.reason, event.failures))
            elif isinstance(event, Restored):
                restored = words.restored(event.confirmed, event.outage_s * 1000)
                self._recovery = f"{restored}; {words.gaps_told(self._gaps)}"
                self._tell(self._recovery)

    # --- what is seen -------------------------------------------------------------------------

    @property
    def _elapsed_s(self) -> float:
        return self._clock.now() - self._started_at

    def _tell(self, line: str) -> None:
        # Shown by the next look, so that only one task writes: a closed pipe then ends the run.
        self._news.append((self._elapsed_s, line))

    def _look(self) -> None:
        while self._news:
            self._screen.tell(*self._news.popleft())
        self._screen.show(self._picture())

    def _picture(self) -> Picture:
        statistics = self._manager.statistics()
        lanes = statistics.lanes
        delivered = sum(each.delivered for each in statistics.components.values())
        age_ms = None
        if self._newest is not None:
            age_ms = max(0.0, self._clock.wall_ns() / 1e6 - self._newest.timestamp)
        return Picture(
            elapsed_s=self._elapsed_s,
            seconds=self._seconds,
            quotes=tuple(self._quote(symbol) for symbol in self._shown),
            state=", ".join(lane.state for lane in lanes) or "disconnected",
            wishes=self._wishes,
            components=len(statistics.components),
            messages=statistics.messages_sent,
            connections=len(lanes),
            outages=sum(lane.outages for lane in lanes),
            confirmed=sum(lane.alive for lane in lanes),
            asked=statistics.streams,
            rate=self._rate(delivered),
            delivered=delivered,
            age_ms=age_ms,
        )

    def _quote(self, symbol: str) -> Quote:
        client = self._clients[ALERTS]
        ticker = client.latest(DataType.TICKER, symbol)
        book = client.latest(DataType.ORDERBOOK, symbol)
        return Quote(
            symbol,
            ticker if isinstance(ticker, TickerEvent) else None,
            book if isinstance(book, OrderbookEvent) else None,
        )

    def _rate(self, delivered: int) -> float:
        now = self._clock.now()
        self._counts.append((now, delivered))
        while len(self._counts) > 2 and self._counts[1][0] <= now - _RATE_OVER_S:
            self._counts.popleft()
        since, earlier = self._counts[0]
        return (delivered - earlier) / (now - since) if now > since else 0.0

    # --- what came of it ----------------------------------------------------------------------

    def _tally(self) -> Tally:
        return Tally.of(self._exchange.stats(), self._manager.statistics())

    def _problems(self) -> list[str]:
        """What the run should have shown and has not; empty if all is well."""
        words, now = self._words, self._tally()
        before = self._before or now
        found: list[str] = []
        if missing := now.asked - now.confirmed:
            found.append(f"{words.not_confirmed}: {missing}")
        if not self._recovery:
            found.append(words.not_restored)
        elif (untold := now.asked - self._gaps) > 0:
            found.append(f"{words.not_told}: {untold}")
        if before.connections != 1 or before.messages > _MOST_MESSAGES:
            found.append(words.too_much_wire)
        for label, count in (
            (words.limits_broken, now.breaches),
            (words.events_lost, now.lost),
            (words.handlers_failed, now.handler_errors),
        ):
            if count:
                found.append(f"{label}: {count}")
        return found

    def _sum_up(self, remark: str) -> None:
        words, now = self._words, self._tally()
        before = self._before or now
        after = None if self._before is None else now.since(self._before)
        print()
        for line in summary(before, after, wishes=self._wishes, words=words):
            print(line)
        for line in filter(None, (self._recovery, remark)):
            print(line)
        print(
            f"{self._wishes} wishes from {len(self._parts)} components: "
            f"{before.messages} messages on {before.connections} connection(s), "
            f"{now.delivered} events, {now.lost} lost",
            flush=True,
        )
