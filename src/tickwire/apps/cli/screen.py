"""How the demonstration looks: a live screen in a terminal, plain lines everywhere else."""

from collections import deque
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from tickwire import OrderbookEvent, TickerEvent
from tickwire.apps.cli.figures import padded, percent, price
from tickwire.apps.cli.terminal import live_console
from tickwire.apps.cli.words import Words

__all__ = ["LiveScreen", "Picture", "PlainScreen", "Quote", "Screen", "screen_for"]


@dataclass(frozen=True)
class Quote:
    """What is known of one market; `None` before the first event."""

    symbol: str
    ticker: TickerEvent | None
    book: OrderbookEvent | None


@dataclass(frozen=True)
class Picture:
    """Everything that one look at the demonstration shows."""

    elapsed_s: float
    seconds: float
    quotes: tuple[Quote, ...]
    state: str
    wishes: int
    components: int
    messages: int
    connections: int
    outages: int
    confirmed: int
    asked: int
    rate: float
    delivered: int
    age_ms: float | None

    @property
    def left_s(self) -> float:
        return max(0.0, self.seconds - self.elapsed_s)


class Screen(Protocol):
    """Where the demonstration is shown."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
    def tell(self, elapsed_s: float, line: str) -> None:
        """Something has happened."""

    def show(self, picture: Picture) -> None:
        """This is how it stands."""


def screen_for(words: Words) -> Screen:
    """A live screen where the output is a terminal, plain lines elsewhere."""
    console = live_console()
    return PlainScreen(words) if console is None else LiveScreen(console, words)


class PlainScreen:
    """Lines for a pipe: events as they happen, and the state every second or two."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._due_s = 1.0
        self._shown = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pass

    def tell(self, elapsed_s: float, line: str) -> None:
        print(f"{elapsed_s:5.1f} s  {line}", flush=True)

    def show(self, picture: Picture) -> None:
        if picture.elapsed_s < self._due_s:
            return
        self._due_s += 1.0 if picture.seconds <= 20 else 2.0
        print(self._status(picture), flush=True)

    def _status(self, picture: Picture) -> str:
        words = self._words
        parts = [
            padded(words.seconds_left(picture.left_s), 10, is_number=True),
            f"{words.state_of(picture.state)} {picture.confirmed}/{picture.asked}",
            words.per_second(picture.rate),
        ]
        if picture.age_ms is not None:
            parts.append(words.milliseconds(picture.age_ms))
        # A line has room for one market; each takes its turn.
        quote = picture.quotes[self._shown % len(picture.quotes)]
        self._shown += 1
        if quote.ticker is not None:
            last = price(quote.ticker.trade_price)
            parts.append(f"{quote.symbol} {last} {percent(quote.ticker.signed_change_rate)}")
        return "  ".join(parts)


class LiveScreen:
    """Prices beside the wire's figures, what has happened below, redrawn in place; 80 x 24."""

    _STORY_LINES = 6

    def __init__(self, console: Console, words: Words) -> None:
        self._words = words
        self._console = console
        self._story: deque[Text] = deque(maxlen=self._STORY_LINES)
        # Drawn when told to: a drawing thread would compete with the events.
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
        self._live.stop()

    def tell(self, elapsed_s: float, line: str) -> None:
        self._story.append(Text(f"{elapsed_s:5.1f} s  {line}", no_wrap=True, overflow="ellipsis"))

    def show(self, picture: Picture) -> None:
        self._live.update(self.draw(picture), refresh=True)

    def draw(self, picture: Picture) -> RenderableType:
        """The whole screen."""
        words = self._words
        room = self._console.height - self._STORY_LINES - 5
        columns = Table.grid(padding=(0, 2, 0, 0))
        columns.add_row(self._prices(picture.quotes[: max(1, room)]), self._wire(picture))
        progress = Table.grid(padding=(0, 1, 0, 0))
        width = min(60, self._console.width - 20)
        progress.add_row(
            ProgressBar(total=picture.seconds, completed=picture.elapsed_s, width=width),
            words.seconds_left(picture.left_s),
        )
        story = [*self._story, *[Text()] * (self._STORY_LINES - len(self._story))]
        return Group(Text(words.title(), style="bold"), Text(), columns, Text(), *story, progress)

    def _prices(self, quotes: tuple[Quote, ...]) -> Table:
        words = self._words
        table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim")
        table.add_column(words.market, no_wrap=True)
        for heading, width in (
            (words.price, 11),
            (words.change, 7),
            (words.bid, 11),
            (words.ask, 11),
        ):
            table.add_column(heading, justify="right", no_wrap=True, min_width=width)
        for quote in quotes:
            table.add_row(quote.symbol, *self._ticker(quote.ticker), *_best(quote.book))
        return table

    def _ticker(self, ticker: TickerEvent | None) -> tuple[Text, Text]:
        if ticker is None:
            return Text("-"), Text("-")
        ratio = ticker.signed_change_rate
        style = self._words.rise if ratio > 0 else self._words.fall if ratio < 0 else ""
        return Text(price(ticker.trade_price), style=style), Text(percent(ratio), style=style)

    def _wire(self, picture: Picture) -> Table:
        words = self._words
        table = Table.grid(padding=(0, 1, 0, 0))
        table.add_column(style="dim", no_wrap=True)
        table.add_column(justify="right", no_wrap=True, min_width=9)
        age = "-" if picture.age_ms is None else words.milliseconds(picture.age_ms)
        for label, figure in (
            (words.state, words.state_of(picture.state)),
            (words.components, f"{picture.components:,}"),
            (words.wishes, f"{picture.wishes:,}"),
            (words.streams, f"{picture.confirmed}/{picture.asked}"),
            (words.messages, f"{picture.messages:,}"),
            (words.connections, f"{picture.connections:,}"),
            (words.outages, f"{picture.outages:,}"),
            (words.rate, f"{picture.rate:,.0f}"),
            (words.events, f"{picture.delivered:,}"),
            (words.age, age),
        ):
            table.add_row(label, figure)
        return table


def _best(book: OrderbookEvent | None) -> tuple[str, str]:
    if book is None:
        return "-", "-"
    bids, asks = book.bids, book.asks
    return price(bids[0].price) if bids else "-", price(asks[0].price) if asks else "-"
