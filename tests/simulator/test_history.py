"""What a market remembers is exact and bounded; what it makes up of its past agrees with itself."""

import sys
from itertools import islice, pairwise, takewhile

import pytest

from tests.simulator.desk import START_NS
from tickwire.simulator.dates import DAY_MS
from tickwire.simulator.market.candles import CANDLE_SPANS_MS, Candle
from tickwire.simulator.market.history import CANDLES_KEPT, History, Period
from tickwire.simulator.market.instruments import instruments
from tickwire.simulator.market.market import Market
from tickwire.simulator.market.past import SPANS_MS, Node
from tickwire.simulator.market.ticks import tick_table

START_MS = START_NS // 1_000_000
FAR_MS = 1 << 60


def market(index: int = 0, seed: int = 1, now_ms: int = START_MS) -> Market:
    """A market that has just begun."""
    return Market(instruments()[index], seed, now_ms)


def test_trades_are_kept_newest_first_and_bounded() -> None:
    """At least the promised number of trades is there, never a fifth more."""
    history = History()
    for number in range(10_000):
        sid = (START_MS + number) * 10_000
        history.add(sid, 100 + number, 7, "BID" if number % 2 else "ASK", START_MS + number + 30)
        kept = list(history.trades()) if number % 97 == 0 else []
        assert len(kept) <= 600
        assert not kept or len(kept) >= min(number + 1, 500)
    newest = next(history.trades())
    assert newest == (sid, 10_099, 7, "BID", START_MS + 10_029)
    assert newest.at_ms == START_MS + 9_999
    assert [one.ask_bid for one in islice(history.trades(), 2)] == ["BID", "ASK"]


def test_busy_markets_keep_more_trades() -> None:
    """A quarter of an hour of a busy market is kept, within a bound for any pace."""
    assert History(1.0).trades_kept == 500 + 1_350
    assert History(500.0).trades_kept == 5_000


def test_closed_candles_come_back_whole() -> None:
    """Sums beyond 64 bits survive, and there are never more than the bound."""
    history = History()
    for number in range(CANDLES_KEPT + 50):
        candle = Candle(number * 60_000, 5)
        candle.high, candle.low, candle.close = 9, 2, 4
        candle.volume, candle.value = 1 << 70, (1 << 100) + number
        candle.timestamp = candle.start_ms + number
        history.closed(60_000, candle)
    kept = list(history.candles(60_000))
    assert len(kept) == CANDLES_KEPT
    newest, start = CANDLES_KEPT + 49, (CANDLES_KEPT + 49) * 60_000
    assert kept[0] == Period(start, 5, 9, 2, 4, 1 << 70, (1 << 100) + newest, start + newest)
    assert list(history.candles(180_000)) == []


def test_days_come_back_whole() -> None:
    """With the close before them, newest first, and no more than two hundred."""
    history = History()
    days = [
        Period(number * DAY_MS, 5, 9, 2, 4, 1 << 80, (1 << 100) + 7, (number + 1) * DAY_MS, 6)
        for number in range(210)
    ]
    for day in days:
        history.day_over(day)
    assert list(history.days()) == days[:-201:-1]


def test_seconds_are_made_from_trades() -> None:
    """Candles of a second are what the kept trades say; a cut second is left out."""
    history = History()
    history.add(10_000_000, 5, 1, "BID", 1_030)
    history.add(10_010_000, 7, 2, "ASK", 1_031)
    history.add(30_000_000, 6, 3, "ASK", 3_030)
    assert list(history.seconds()) == [
        Period(3_000, 6, 6, 6, 6, 3, 18, 3_030),
        Period(1_000, 5, 7, 5, 7, 3, 19, 1_031),
    ]
    for number in range(1_000):
        history.add((4_000 + number) * 10_000, 6, 1, "BID", 4_030)
    # Of all that happened in one second only a part is kept: no candle is better than a wrong one.
    assert list(history.seconds()) == []


def test_a_full_market_is_as_big_as_a_new_one() -> None:
    """All that is remembered has its room from the start, less than 150 kB in a quiet market."""
    history = History()
    rings = [history._trades, history._days, *history._candles.values()]
    room = [sys.getsizeof(ring._room) for ring in rings]
    assert sum(room) < 150_000
    for number in range(2_000):
        history.add(number * 10_000, 5, 1, "BID", number)
        for span_ms in CANDLE_SPANS_MS.values():
            history.closed(span_ms, Candle(number * 1_000, 5))
        history.day_over(Period(number * DAY_MS, 5, 5, 5, 5, 1, 5, number * DAY_MS))
    assert [len(ring) for ring in rings] == [ring.kept for ring in rings]
    assert [sys.getsizeof(ring._room) for ring in rings] == room


def sound(node: Node, quote: str) -> None:
    """The prices of a candle are in order and on the grid."""
    assert node.low <= min(node.open, node.close) <= max(node.open, node.close) <= node.high
    assert node.trades >= 1 and node.volume >= node.trades
    table = tick_table(quote)
    for price in (node.open, node.high, node.low, node.close):
        assert table.align(price) == price > 0


@pytest.mark.parametrize("index", [0, 1, 2, 400, 500, 700, 854])
def test_the_past_adds_up(index: int) -> None:
    """Open, high, low, close and volume of a day are those of its parts, of whatever length."""
    one = market(index)
    quote = one.instrument.quote
    day = next(islice(one.past.days(), 1, None))
    for span in SPANS_MS[1:7]:
        nodes = one.past.nodes(span, day.start_ms + DAY_MS)
        parts = list(takewhile(lambda node: node.start_ms >= day.start_ms, nodes))[::-1]
        for part in parts:
            sound(part, quote)
        assert parts[0].open == day.open and parts[-1].close == day.close
        assert max(part.high for part in parts) == day.high
        assert min(part.low for part in parts) == day.low
        assert sum(part.volume for part in parts) == day.volume
        assert sum(part.trades for part in parts) == day.trades


@pytest.mark.parametrize("index", [0, 3, 400, 854])
@pytest.mark.parametrize("span", SPANS_MS)
def test_there_are_always_two_hundred(index: int, span: int) -> None:
    """However quiet a market is, two hundred candles of each unit can be had, newest first."""
    one = market(index)
    nodes = list(islice(one.past.nodes(span, START_MS), 200))
    assert len(nodes) == 200
    assert all(a.start_ms > b.start_ms for a, b in pairwise(nodes))
    assert all(node.start_ms % span == 0 for node in nodes)
    for node in nodes:
        sound(node, one.instrument.quote)


def test_the_past_ends_where_the_market_begins() -> None:
    """The last made-up price, today's figures and the year's extremes are the ticker's."""
    for index in (0, 5, 50, 854):
        one = market(index)
        trade, figures = one.trade, one.figures
        last = next(one.past.trades(FAR_MS, 0))
        assert last.price == one.past._today.close == instruments()[index].price
        assert last.at_ms < trade.trade_timestamp
        days = list(islice(one.past.days(), 366))
        assert days[0].open == figures.open and days[1].close == figures.prev_closing_price
        assert all(a.open == b.close for a, b in pairwise(days[1:]))
        assert max(day.high for day in days[:365]) == figures.highest_52_week_price
        assert min(day.low for day in days[:365]) == figures.lowest_52_week_price


def test_made_up_trades_make_the_made_up_candles() -> None:
    """Trades of the past rebuild its minutes, and their ids are unique and descend."""
    one = market()
    minutes = list(islice(one.past.nodes(60_000, START_MS), 1, 4))
    since, until = minutes[-1].start_ms, minutes[0].start_ms + 60_000
    trades = list(one.past.trades(until, since))
    ids = [trade.sequential_id for trade in trades]
    assert ids == sorted(set(ids), reverse=True)
    for minute in minutes:
        own = [trade for trade in trades if trade.at_ms // 60_000 * 60_000 == minute.start_ms][::-1]
        prices = [trade.price for trade in own]
        assert (prices[0], max(prices), min(prices), prices[-1]) == minute[1:5]
        assert sum(trade.size for trade in own) == minute.volume
        assert len(own) == minute.trades


def test_the_past_is_decided_by_the_seed() -> None:
    """The same seed has the same past, another one another."""
    pasts = [list(islice(market(seed=seed).past.nodes(60_000, START_MS), 50)) for seed in (1, 1, 2)]
    assert pasts[0] == pasts[1] != pasts[2]


@pytest.mark.parametrize("offset_ms", [-60_000, 0, 1, 40, 41, 42, 500, 61_000])
def test_a_start_around_midnight(offset_ms: int) -> None:
    """A market may begin at any moment of the day."""
    midnight = START_MS - START_MS % DAY_MS
    for index in range(0, 855, 61):
        one = market(index, now_ms=midnight + offset_ms)
        for span in SPANS_MS:
            for node in islice(one.past.nodes(span, FAR_MS), 20):
                sound(node, one.instrument.quote)
        assert len(list(islice(one.past.trades(FAR_MS, 0), 20))) == 20
