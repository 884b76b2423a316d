"""The closed candles that indicators are computed from: those of the markets, and their past.

They are the candles that the REST API answers with, so a client that computes an indicator from
those gets what the stream tells. A `Bars` of another origin may be passed to `Indicators` instead.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import dropwhile, islice, takewhile
from typing import NamedTuple, Protocol

from tickwire.simulator.dates import DAY_MS
from tickwire.simulator.info.indicator_rules import TIMEFRAMES_MS
from tickwire.simulator.market.market import Market

__all__ = ["Bar", "Bars", "MarketBars"]

# Of these the made-up past has only the parts, candles of a shorter unit.
_PARTS_MS = {900_000: 300_000}


class Bar(NamedTuple):
    """A candle. Units: `close` and `volume` are integers of 1e-8."""

    start_ms: int
    close: int
    volume: int


class Bars(Protocol):
    """Gives candles of a market, oldest first, that closed at `end_ms` or before.

    At most `count`, and fewer where there are no more. A period without a trade has no candle.
    """

    def __call__(self, code: str, timeframe: str, end_ms: int, count: int) -> list[Bar]: ...


class MarketBars:
    """Candles of these markets.

    What has been asked for is kept, for two reasons: a market forgets its candles after some 200,
    fewer than long averages need, and a made-up past of many weeks takes some milliseconds.
    """

    def __init__(self, markets: Mapping[str, Market]) -> None:
        self._markets = markets
        # With the number that they were asked for.
        self._kept: dict[tuple[str, str], tuple[int, list[Bar]]] = {}

    def keep(self, wanted: Iterable[tuple[str, str]]) -> None:
        """Of all but these markets and time frames nothing needs to be kept."""
        for key in self._kept.keys() - set(wanted):
            del self._kept[key]

    def __call__(self, code: str, timeframe: str, end_ms: int, count: int) -> list[Bar]:
        last_ms = end_ms - TIMEFRAMES_MS[timeframe]
        before, kept = self._kept.get((code, timeframe), (0, []))
        if count > before or not kept or kept[-1].start_ms > last_ms:
            kept, before = [], max(count, before)
        newest_ms = kept[-1].start_ms if kept else -1
        found = dropwhile(lambda bar: bar.start_ms > last_ms, _bars(self._markets[code], timeframe))
        fresh = list(islice(takewhile(lambda bar: bar.start_ms > newest_ms, found), before))
        kept = [*kept, *reversed(fresh)][-before:]
        self._kept[code, timeframe] = before, kept
        return kept[-count:]


def _bars(market: Market, timeframe: str) -> Iterator[Bar]:
    """All there are, the one under way among them, newest first."""
    span = TIMEFRAMES_MS[timeframe]
    past = market.past
    # The candle of the start counts from the start on; a day counts all day, as the ticker does.
    first_ms = past.until_ms - past.until_ms % span
    if span == DAY_MS:
        today = market.today()
        yield Bar(today.start_ms, today.close, today.volume)
        for day in market.history.days():
            yield Bar(day.start_ms, day.close, day.volume)
        for node in past.days():
            if node.start_ms < first_ms:
                yield Bar(node.start_ms, node.close, node.volume)
        return
    latest = market.candles.latest(f"candle.{timeframe}")
    if latest is not None:
        yield Bar(latest.start_ms, latest.close, latest.volume)
    for period in market.history.candles(span):
        yield Bar(period.start_ms, period.close, period.volume)
    whole: Bar | None = None
    for node in past.nodes(_PARTS_MS.get(span, span), first_ms):
        start_ms = node.start_ms - node.start_ms % span
        if whole is not None and whole.start_ms == start_ms:
            whole = whole._replace(volume=whole.volume + node.volume)
            continue
        if whole is not None:
            yield whole
        whole = Bar(start_ms, node.close, node.volume)
    if whole is not None:
        yield whole
