"""A synthetic market that is many times as busy tells the same truths."""

from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from tests.simulator.checks import Checks
from tests.simulator.desk import Desk, said
from tickwire import UsageError
from tickwire.simulator import Simulator
from tickwire.simulator.market.instruments import MAX_RATE, instruments

RATE = 50.0
SECONDS = 15
MARKETS = 30


def hear(rate: float, *, seed: int = 7, step_s: float = 0.05) -> tuple[Desk, Any]:
    """An exchange at this rate and a connection that hears all of it."""
    desk = Desk(seed=seed, markets=MARKETS, rate=rate)
    codes = [one.code for one in desk.exchange.instruments]
    session = desk.subscribed(
        *(
            {"type": kind, "codes": codes, "is_only_realtime": True}
            for kind in ("ticker", "trade", "orderbook", "candle.1s")
        )
    )
    desk.advance(SECONDS, step_s)
    return desk, session


def test_a_busy_market_is_consistent() -> None:
    """Books are sound, ids unique, tickers and candles what the trades say, at rate 50 too."""
    desk, session = hear(RATE)
    checks = Checks()
    for message in said(session):
        # Told in the exchange's order: the trade before its ticker, the candle after its second.
        checks.check(message)
    checks.forget({one.code for one in desk.exchange.instruments})
    assert checks.faults == {}
    assert checks.candles > 200
    assert checks.counts["trade"] == checks.counts["ticker"] > 10_000


def test_a_trade_starts_from_the_book_before_it() -> None:
    """However many orders fall between two books, each trade leaves the touch that it reports."""
    sides: dict[str, dict[str, list[Any]]] = {}
    checked = 0
    for message in said(hear(RATE)[1]):
        code = message["code"]
        if message["type"] == "orderbook":
            units = message["orderbook_units"]
            sides[code] = {
                taker: [[unit[f"{side}_price"], unit[f"{side}_size"]] for unit in units]
                for taker, side in (("BID", "ask"), ("ASK", "bid"))
            }
        elif message["type"] == "trade" and code in sides:
            side = sides[code][message["ask_bid"]]
            assert message["trade_price"] == side[0][0]
            side[0][1] -= message["trade_volume"]
            if side[0][1] == 0:
                del side[0]
            asks, bids = sides[code]["BID"], sides[code]["ASK"]
            assert [message["best_ask_price"], message["best_ask_size"]] == asks[0]
            assert [message["best_bid_price"], message["best_bid_size"]] == bids[0]
            checked += 1
    assert checked > 10_000


def test_what_the_rate_does() -> None:
    """Orders come so many times as often; books as often as their grid has points, no more."""
    counts = []
    for rate in (1.0, 20.0):
        told: dict[str, Counter[str]] = defaultdict(Counter)
        for message in said(hear(rate)[1]):
            told[message["type"]][message["code"]] += 1
        counts.append(told)
    slow, fast = counts
    assert 14 < sum(fast["trade"].values()) / sum(slow["trade"].values()) < 26
    assert max(fast["orderbook"].values()) <= SECONDS * 10
    assert sum(fast["orderbook"].values()) > 1.5 * sum(slow["orderbook"].values())


def test_seed_and_rate_decide_every_byte() -> None:
    """However time is cut into steps; another rate is another market."""
    one, same = (hear(RATE, step_s=step_s)[1].take() for step_s in (0.003, 0.4))
    assert one == same
    assert one != hear(RATE + 1)[1].take()


def test_instruments_at_a_rate() -> None:
    """A rate changes how busy a market is and nothing else."""
    for usual, busy in zip(instruments(50), instruments(50, 3.0), strict=True):
        assert (usual.code, usual.price) == (busy.code, busy.price)
        assert busy.order_pace == 3 * usual.order_pace


@pytest.mark.parametrize("rate", [0, -1, MAX_RATE + 1, float("inf"), float("nan")])
def test_a_rate_out_of_range(rate: float) -> None:
    """Such a rate is refused at once, with the range."""
    with pytest.raises(UsageError, match="at most 100"):
        Simulator(rate=rate)


def test_a_tape_has_no_rate() -> None:
    """The rate is of the synthetic market; a tape has a speed."""
    with pytest.raises(UsageError, match="speed"):
        Simulator(rate=2, tape=Path("any.jsonl"))
