"""Books, trades, tickers and candles of one market tell one story."""

import itertools
from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.simulator.desk import START_NS, Desk, said
from tickwire.simulator.market.candles import CANDLE_SPANS_MS
from tickwire.simulator.market.instruments import instruments
from tickwire.simulator.market.ticks import tick_table
from tickwire.simulator.spelling import UNIT

MINUTES = 3
TICKS = Decimal(UNIT)


@pytest.fixture(scope="module")
def story() -> dict[str, list[Any]]:
    """Everything that some minutes of twenty markets told, by type and in order."""
    desk = Desk(seed=5, markets=20)
    codes = [one.code for one in instruments(20)]
    kinds = ["orderbook", "trade", "ticker", *CANDLE_SPANS_MS]
    session = desk.subscribed(*({"type": kind, "codes": codes} for kind in kinds))
    told: dict[str, list[Any]] = defaultdict(list)
    for _ in range(MINUTES * 60):
        desk.advance(1, step_s=0.25)
        for message in said(session):
            told[message["type"]].append(message)
            told["all"].append(message)
    return told


def by_code(messages: list[Any]) -> dict[str, list[Any]]:
    """The messages of each market."""
    groups: dict[str, list[Any]] = defaultdict(list)
    for message in messages:
        groups[message["code"]].append(message)
    return groups


def test_books_are_sound(story: dict[str, list[Any]]) -> None:
    """Levels are on the grid, in order, not crossed, and add up to the totals."""
    assert len(story["orderbook"]) > 8_000
    for book in story["orderbook"][::7]:
        table = tick_table(book["code"].partition("-")[0])
        units = book["orderbook_units"]
        asks = [(unit["ask_price"], unit["ask_size"]) for unit in units if unit["ask_price"]]
        bids = [(unit["bid_price"], unit["bid_size"]) for unit in units if unit["bid_price"]]
        ladder = [price for price, _ in reversed(bids)] + [price for price, _ in asks]
        assert ladder == sorted(set(ladder))
        assert all(size > 0 for _, size in asks + bids)
        assert book["total_ask_size"] == sum(size for _, size in asks)
        assert book["total_bid_size"] == sum(size for _, size in bids)
        for price in ladder:
            scaled = int(price * TICKS)
            assert table.align(scaled) == scaled == price * TICKS


def test_books_come_on_a_grid(story: dict[str, list[Any]]) -> None:
    """A market's books are 100 ms or a multiple of it apart and never without a change."""
    phases = set()
    for books in by_code(story["orderbook"]).values():
        times = [int(book["timestamp"]) for book in books[1:]]
        assert len({time % 100 for time in times}) == 1
        assert all(a < b for a, b in itertools.pairwise(times))
        assert all(
            a["orderbook_units"] != b["orderbook_units"] for a, b in itertools.pairwise(books[1:])
        )
        phases.add(times[0] % 100)
    assert len(phases) > 10


def test_a_snapshot_between_two_grid_points_is_up_to_date() -> None:
    """A book asked for after a trade and before the next grid point shows what the trade left."""
    desk = Desk()
    trades = desk.subscribed({"type": "trade", "codes": ["KRW-BTC"], "is_only_realtime": True})
    checked = 0
    for _ in range(2_000):
        desk.advance(0.01, step_s=0.01)
        for trade in said(trades)[-1:]:
            (book,) = said(desk.subscribed({"type": "orderbook", "codes": ["KRW-BTC"]}))
            if book["timestamp"] == trade["trade_timestamp"]:
                (best, *_) = book["orderbook_units"]
                assert best["ask_size"] == trade["best_ask_size"]
                assert best["bid_size"] == trade["best_bid_size"]
                checked += 1
    assert checked > 20


def test_trades_take_from_the_book(story: dict[str, list[Any]]) -> None:
    """Each trade executes at the touch and leaves the touch that it reports."""
    checked = 0
    for messages in by_code(story["all"]).values():
        asks: list[list[Decimal]] | None = None
        bids: list[list[Decimal]] = []
        for message in messages:
            if message["type"] == "orderbook":
                units = message["orderbook_units"]
                asks = [[unit["ask_price"], unit["ask_size"]] for unit in units]
                bids = [[unit["bid_price"], unit["bid_size"]] for unit in units]
            elif message["type"] == "trade" and message["stream_type"] == "REALTIME":
                assert asks is not None
                side = asks if message["ask_bid"] == "BID" else bids
                assert message["trade_price"] == side[0][0]
                side[0][1] -= message["trade_volume"]
                assert side[0][1] >= 0
                if side[0][1] == 0:
                    del side[0]
                assert [message["best_ask_price"], message["best_ask_size"]] == asks[0]
                assert [message["best_bid_price"], message["best_bid_size"]] == bids[0]
                checked += 1
    assert checked > 1_500


def test_ids_are_unique_and_step_back_now_and_then(story: dict[str, list[Any]]) -> None:
    """Ids have 17 digits, are unique in a market, and some neighbours are swapped."""
    back = 0
    for trades in by_code(story["trade"]).values():
        ids = [int(trade["sequential_id"]) for trade in trades]
        assert len(set(ids)) == len(ids)
        assert all(len(str(one)) == 17 for one in ids)
        for trade, one in zip(trades, ids, strict=True):
            assert one // 10_000 == trade["trade_timestamp"]
        back += sum(a > b for a, b in itertools.pairwise(ids))
        for name in ("timestamp", "trade_timestamp"):
            times = [trade[name] for trade in trades]
            assert times == sorted(times)
        assert all(trade["timestamp"] > trade["trade_timestamp"] for trade in trades)
    assert back > 3


def test_tickers_follow_the_trades(story: dict[str, list[Any]]) -> None:
    """Every trade brings a ticker whose sums have grown by exactly that trade."""
    trades, tickers = by_code(story["trade"]), by_code(story["ticker"])
    for code in trades:
        assert len(trades[code]) == len(tickers[code])
        before = tickers[code][0]
        assert before["trade_price"] == trades[code][0]["trade_price"]
        for trade, ticker in zip(trades[code][1:], tickers[code][1:], strict=True):
            size, value = trade["trade_volume"], trade["trade_volume"] * trade["trade_price"]
            for name in ("ask_bid", "trade_price", "trade_volume", "change", "change_price"):
                assert ticker[name] == trade[name]
            assert ticker["acc_trade_volume"] == before["acc_trade_volume"] + size
            assert ticker["acc_trade_price"] == before["acc_trade_price"] + value
            assert ticker["acc_trade_price_24h"] - before["acc_trade_price_24h"] in (value,) or (
                ticker["acc_trade_price_24h"] < before["acc_trade_price_24h"]
            )
            own = "acc_ask_volume" if trade["ask_bid"] == "ASK" else "acc_bid_volume"
            assert ticker[own] == before[own] + size
            assert ticker["acc_ask_volume"] + ticker["acc_bid_volume"] == ticker["acc_trade_volume"]
            assert ticker["high_price"] == max(before["high_price"], trade["trade_price"])
            assert ticker["low_price"] == min(before["low_price"], trade["trade_price"])
            change = trade["trade_price"] - ticker["prev_closing_price"]
            assert ticker["signed_change_price"] == change
            rate = change / ticker["prev_closing_price"]
            assert abs(ticker["signed_change_rate"] - rate) <= Decimal("5e-11")
            assert ticker["highest_52_week_price"] >= ticker["high_price"]
            before = ticker


@pytest.mark.parametrize("kind", CANDLE_SPANS_MS)
def test_candles_are_what_the_trades_say(story: dict[str, list[Any]], kind: str) -> None:
    """Candles rebuilt from the trades equal the last ones that were told."""
    span = CANDLE_SPANS_MS[kind]
    until = START_NS // 1_000_000 + (MINUTES * 60 - 1) * 1000
    rebuilt: dict[tuple[str, int], list[Any]] = {}
    for trade in story["trade"]:
        if trade["trade_timestamp"] >= until:
            continue
        price, size = trade["trade_price"], trade["trade_volume"]
        key = (trade["code"], int(trade["trade_timestamp"]) // span * span)
        known = rebuilt.setdefault(key, [price, price, price, price, 0, 0])
        known[1], known[2], known[3] = max(known[1], price), min(known[2], price), price
        known[4] += size
        known[5] += price * size
    told = {}
    for candle in story[kind]:
        start = datetime.fromisoformat(candle["candle_date_time_utc"]).replace(tzinfo=UTC)
        hours = datetime.fromisoformat(candle["candle_date_time_kst"]).replace(tzinfo=UTC) - start
        assert hours.total_seconds() == 9 * 3600
        if candle["timestamp"] < until:
            told[candle["code"], int(start.timestamp() * 1000)] = [
                candle[name]
                for name in (
                    "opening_price",
                    "high_price",
                    "low_price",
                    "trade_price",
                    "candle_acc_trade_volume",
                    "candle_acc_trade_price",
                )
            ]
    # The very last second may be told only after the end of the story.
    last = {key for key in rebuilt if key[1] + span > until - 1000}
    assert {k: v for k, v in told.items() if k not in last} == {
        k: v for k, v in rebuilt.items() if k not in last
    }
    if kind == "candle.1s":
        assert len(told) > 1_000


def test_one_candle_frame_a_second(story: dict[str, list[Any]]) -> None:
    """A candle is told once in a second however many trades there were, and only if there were."""
    for trades, candles in zip(
        by_code(story["trade"]).values(), by_code(story["candle.240m"]).values(), strict=True
    ):
        told = [one for one in candles if one["stream_type"] == "REALTIME"]
        seconds = {
            int(trade["trade_timestamp"]) // 1000
            for trade in trades
            if trade["stream_type"] == "REALTIME"
        }
        assert len(seconds) - 1 <= len(told) <= len(seconds)


def test_the_same_seed_tells_the_same() -> None:
    """Seed and start decide every byte, however time is cut into steps; other seeds differ."""
    runs = []
    for seed, step_s in ((3, 0.01), (3, 0.37), (4, 0.1)):
        desk = Desk(seed=seed, markets=30)
        codes = [one.code for one in desk.exchange.instruments]
        session = desk.subscribed(
            *({"type": kind, "codes": codes} for kind in ("trade", "orderbook", "candle.1s"))
        )
        desk.advance(10, step_s)
        runs.append(session.take())
    assert len(runs[0]) > 500
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


def test_a_market_does_not_depend_on_the_others() -> None:
    """KRW-BTC alone is the KRW-BTC of the whole exchange."""
    runs = []
    for markets in (1, 50):
        desk = Desk(markets=markets)
        session = desk.subscribed({"type": "trade", "codes": ["KRW-BTC"]})
        desk.advance(20)
        runs.append(session.take())
    assert runs[0] == runs[1]


def test_a_new_day_starts_the_sums_anew() -> None:
    """The first trade after midnight UTC opens the day; the last price is yesterday's close."""
    midnight = 1_795_219_200_000_000_000
    desk = Desk(markets=1, at_ns=midnight - 5_000_000_000)
    session = desk.subscribed({"type": "ticker", "codes": ["KRW-BTC"]})
    desk.advance(15)
    tickers = said(session)
    at = next(n for n, one in enumerate(tickers) if one["trade_date"] == "20261121")
    last, first = tickers[at - 1], tickers[at]
    assert last["trade_date"] == "20261120"
    assert first["prev_closing_price"] == last["trade_price"]
    assert first["opening_price"] == first["high_price"] == first["trade_price"]
    assert first["acc_trade_volume"] == first["trade_volume"]
    assert first["acc_trade_volume_24h"] > first["acc_trade_volume"]


def test_a_host_that_slept_does_not_catch_up() -> None:
    """After hours in one step the market goes on where it stood, on its own grid."""
    desk = Desk(markets=5)
    session = desk.subscribed({"type": "orderbook", "codes": ["KRW-BTC"]})
    desk.advance(2)
    before = said(session)[-1]["timestamp"]
    desk.advance(8 * 3600, step_s=8 * 3600)
    after = said(session)
    assert len(after) < 50
    assert after[-1]["timestamp"] - before > 8 * 3_590_000
    assert (after[-1]["timestamp"] - before) % 100 == 0


def test_quiet_and_busy_markets() -> None:
    """The whole exchange tells some 800 books a second, and a fifth of it nearly nothing."""
    desk = Desk(markets=855)
    codes = [one.code for one in desk.exchange.instruments]
    session = desk.subscribed(
        {"type": "orderbook", "codes": [f"{code}.1" for code in codes], "is_only_realtime": True},
        {"type": "trade", "codes": codes, "is_only_realtime": True},
    )
    desk.advance(10)
    frames = said(session)
    books = by_code([one for one in frames if one["type"] == "orderbook"])
    assert 600 < sum(map(len, books.values())) / 10 < 1_100
    assert 100 < sum(one["type"] == "trade" for one in frames) / 10 < 300
    assert len(books["KRW-BTC"]) > 80
    assert 855 - len(books) > 150
