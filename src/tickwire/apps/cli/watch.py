"""The live market: what comes of a few streams, as a table, as lines or as JSON."""

import asyncio
import sys
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Literal, Protocol, Self

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from tickwire import (
    BaseWebSocketEvent,
    ControlEvent,
    Lagged,
    ProtocolError,
    Reconnecting,
    Refused,
    Rejected,
    Restored,
    SlowConsumer,
    SubscriptionSpec,
    TransportError,
    WebSocketClient,
    WebSocketManager,
)
from tickwire.apps.cli.columns import Column, cells, columns
from tickwire.apps.cli.figures import padded
from tickwire.apps.cli.logs import route_logs
from tickwire.apps.cli.terminal import live_console
from tickwire.apps.cli.words import Words
from tickwire.simulator import Simulator
from tickwire.world import SystemClock

__all__ = ["watch"]

_GIVE_UP_AFTER_S = 10.0
_GIVE_UP_AFTER_FAILURES = 3
_LOOK_EVERY_S = 0.2


async def watch(
    spec: SubscriptionSpec,
    *,
    environment: str,
    url: str | None,
    simulate: bool,
    output: str | None,
    count: int | None,
    words: Words,
) -> int:
    """Show events until `count` of them have come; 1 if there is nothing to show."""
    async with AsyncExitStack() as stack:
        if simulate:
            url = (await stack.enter_async_context(Simulator())).websocket_base_url
        manager = WebSocketManager(environment=environment, websocket_base_url=url)
        await stack.enter_async_context(manager)
        client = await stack.enter_async_context(WebSocketClient("watch", manager=manager))
        display = stack.enter_context(_display(output, spec, words))
        stack.enter_context(route_logs(display.note))
        where = url or f"Upbit ({environment})"
        return await _Watch(manager, client, display, where, words).run(spec, count)


class _Watch:
    """One run: from the events to the display, with an eye on whether any come."""

    def __init__(
        self,
        manager: WebSocketManager,
        client: WebSocketClient,
        display: "Display",
        where: str,
        words: Words,
    ) -> None:
        self._manager = manager
        self._client = client
        self._display = display
        self._where = where
        self._words = words
        self._received = 0
        self._rejected = 0
        self._trouble = ""
        """Why nothing can be received, once that is clear."""

    async def run(self, spec: SubscriptionSpec, count: int | None) -> int:
        housekeeping = asyncio.create_task(self._keep_house(), name="watch: housekeeping")
        try:
            await self._client.subscribe(spec)
            wanted = self._manager.statistics().streams
            async for event in self._client.stream(control=True):
                if isinstance(event, ControlEvent):
                    self._tell(event)
                    if self._trouble or self._rejected == wanted:
                        break
                    continue
                self._received += 1
                try:
                    self._display.show(event)
                except ProtocolError as error:
                    # One message with a number that is none must not end the watch.
                    self._display.note(str(error))
                if self._received == count:
                    return 0
        except TransportError as error:
            self._trouble = str(error)
        except SlowConsumer as error:
            self._display.note(str(error))
            return 1
        finally:
            housekeeping.cancel()
        if self._trouble:
            self._display.note(self._words.unreachable(self._where, self._trouble))
        return 1

    def _tell(self, event: ControlEvent) -> None:
        words, note = self._words, self._display.note
        match event:
            case Reconnecting():
                if self._received:
                    note(words.reconnecting(event.reason, event.failures))
                elif event.failures >= _GIVE_UP_AFTER_FAILURES:
                    self._trouble = event.reason
            case Restored() if self._received:
                note(words.restored(event.confirmed, event.outage_s * 1000))
            case Rejected():
                self._rejected += 1
                note(words.rejected(str(event.stream), event.suggestion))
            case Refused():
                note(words.refused(str(event.error)))
            case Lagged():
                note(words.lagged(event.dropped, event.type))

    async def _keep_house(self) -> None:
        clock = SystemClock()
        give_up_at = clock.now() + _GIVE_UP_AFTER_S
        while True:
            self._display.refresh()
            await clock.sleep(_LOOK_EVERY_S)
            if clock.now() > give_up_at and not self._manager.statistics().connects:
                self._trouble = self._words.no_answer
                await self._client.disconnect()
                return


# --- displays -------------------------------------------------------------------------------


class Display(Protocol):
    """Where events are shown."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
    def show(self, event: BaseWebSocketEvent) -> None:
        """An event has come."""

    def refresh(self) -> None:
        """Time has passed."""

    def note(self, text: str) -> None:
        """Something that is no data."""


def _display(output: str | None, spec: SubscriptionSpec, words: Words) -> Display:
    console = live_console()
    if output == "jsonl" or (output is None and console is None):
        return _JsonLines()
    wanted = columns(spec.data_type, words)
    return (
        _Lines(wanted, words)
        if console is None
        else _LiveTable(console, wanted, spec.symbols, words)
    )


class _JsonLines:
    """An event per line as JSON."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pass

    def show(self, event: BaseWebSocketEvent) -> None:
        print(event.to_json(), flush=True)

    def refresh(self) -> None:
        pass

    def note(self, text: str) -> None:
        print(f"tickwire: {text}", file=sys.stderr, flush=True)


class _Lines(_JsonLines):
    """An event per line, in columns."""

    def __init__(self, wanted: tuple[Column, ...], words: Words) -> None:
        self._columns = wanted
        self._words = words

    def show(self, event: BaseWebSocketEvent) -> None:
        texts = zip(cells(event, self._words), self._columns, strict=True)
        aligned = (padded(text, each.width, is_number=each.is_number) for text, each in texts)
        print("  ".join(aligned).rstrip(), flush=True)


class _LiveTable:
    """A row per symbol, redrawn in place, with the latest notes below, which outlive it."""

    _NOTES = 3

    def __init__(
        self, console: Console, wanted: tuple[Column, ...], symbols: tuple[str, ...], words: Words
    ) -> None:
        self._columns = wanted
        self._words = words
        # A whole market has no row of its own; its symbols get theirs as they come.
        self._rows: dict[str, tuple[str, ...]] = {
            symbol: (symbol,) for symbol in symbols if "-" in symbol
        }
        self._notes: list[str] = []
        self._live = Live(console=console, auto_refresh=False)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        notes, self._notes = self._notes, []
        self.refresh()
        self._live.stop()
        for text in notes:
            print(f"tickwire: {text}", file=sys.stderr)

    def show(self, event: BaseWebSocketEvent) -> None:
        self._rows[event.symbol] = cells(event, self._words)

    def note(self, text: str) -> None:
        self._notes = [*self._notes, text][-self._NOTES :]

    def refresh(self) -> None:
        table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim")
        for heading, width, is_number in self._columns:
            side: Literal["left", "right"] = "right" if is_number else "left"
            table.add_column(heading, justify=side, no_wrap=True, min_width=width)
        for row in self._rows.values():
            table.add_row(*row)
        self._live.update(Group(table, *map(Text, self._notes)), refresh=True)
