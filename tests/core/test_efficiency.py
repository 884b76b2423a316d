"""How near what is sent comes to the least that says the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.test_timelines import AFTER, BEFORE, BURST, burst
from tickwire.core.efficiency import (
    PlannedMessage,
    SubscriptionPlan,
    Traffic,
    efficiency,
    naive_traffic,
)
from tickwire.core.exchange import Endpoint
from tickwire.core.planner import plan
from tickwire.exchanges.upbit import Upbit
from tickwire.subscription import DataType, Stream

figures = st.integers(1, 10_000)
traffics = st.builds(Traffic, figures, figures, figures)


@given(traffics, traffics)
def test_it_is_a_share(sent: Traffic, least: Traffic) -> None:
    """More than nothing and at most all."""
    assert 0.0 < efficiency(sent, least) <= 1.0


@given(traffics, traffics, st.integers(0, 2), figures)
def test_less_is_never_worse(sent: Traffic, least: Traffic, which: int, more: int) -> None:
    """Fewer messages, fewer bytes, fewer names of what nobody wants."""
    costlier = Traffic(*(each + more * (place == which) for place, each in enumerate(sent)))
    assert efficiency(costlier, least) <= efficiency(sent, least)
    if sent[which] >= least[which]:
        assert efficiency(costlier, least) < efficiency(sent, least)


@given(traffics)
def test_the_least_is_all_and_twice_is_half(least: Traffic) -> None:
    """In each of the three."""
    assert efficiency(least, least) == 1.0
    assert efficiency(least._replace(messages=2 * least.messages), least) == pytest.approx(0.5)
    assert efficiency(least._replace(bytes=2 * least.bytes), least) == pytest.approx(0.5)
    assert efficiency(least._replace(named=2 * least.named), least) == pytest.approx(0.5)


def test_who_says_nothing_wastes_nothing() -> None:
    """But what nobody wants any more was said for nothing."""
    assert efficiency(Traffic(), Traffic()) == 1.0
    assert efficiency(Traffic(1, 100, 1), Traffic()) == 0.0


def test_four_types_of_one_market_are_one_message_instead_of_four() -> None:
    """S4's example, in messages and in bytes as Upbit gets them."""
    exchange = Upbit()

    def size_of(streams: object) -> int:
        return len(exchange.encode(plan(streams, (), ()), "t"))  # type: ignore[arg-type]

    kinds = (DataType.TICKER, DataType.TRADE, DataType.ORDERBOOK, DataType.CANDLE_1M)
    wishes = [[Stream(kind, "KRW-BTC")] for kind in kinds]
    naive = naive_traffic(wishes, exchange.endpoint_of, size_of)
    least = Traffic(1, size_of([stream for wish in wishes for stream in wish]), 4)
    assert least.bytes == len(
        '[{"ticket":"t"},{"type":"candle.1m","codes":["KRW-BTC"]},'
        '{"type":"orderbook","codes":["KRW-BTC"]},{"type":"ticker","codes":["KRW-BTC"]},'
        '{"type":"trade","codes":["KRW-BTC"]},{"format":"DEFAULT"}]'
    )
    assert (naive.messages, naive.named) == (4, 1 + 2 + 3 + 4)
    assert least.bytes < naive.bytes < 4 * least.bytes
    assert efficiency(naive, least) == pytest.approx(1 / 4 * least.bytes / naive.bytes * 4 / 10)


def test_a_plan_is_told_in_figures() -> None:
    """What it comes to itself, and how near to it what was sent has come, and a naive sender."""
    btc, eth = (Stream(DataType.TICKER, f"KRW-{base}") for base in ("BTC", "ETH"))
    whole = SubscriptionPlan(
        messages=(
            PlannedMessage(Endpoint.PUBLIC, 1, (btc, eth), 100),
            PlannedMessage(Endpoint.PUBLIC, 2, (btc,), 60),
        ),
        naive=Traffic(4, 320, 3),
        sent=Traffic(2, 160, 6),
    )
    assert whole.traffic == Traffic(2, 160, 3)
    assert whole.efficiency == pytest.approx(1 / 2)
    assert whole.naive_efficiency == pytest.approx(1 / 4)


def test_a_naive_sender_has_a_message_for_each_component_and_endpoint() -> None:
    """One that wants what is there already sends all of it again."""
    orders, btc = Stream(DataType.MY_ORDER), Stream(DataType.TICKER, "KRW-BTC")
    traffic = naive_traffic(
        [[btc, orders], [btc], []],
        lambda kind: Endpoint.PRIVATE if kind is DataType.MY_ORDER else Endpoint.PUBLIC,
        lambda streams: 10 * len(streams),
    )
    assert traffic == Traffic(3, 30, 3)


@pytest.mark.parametrize(("used_up", "messages"), [(0, 3), (5, 1)], ids=["idle", "pressed"])
def test_the_burst_of_the_third_scenario(used_up: int, messages: int) -> None:
    """Six changes: six messages before, and the fewer now the harder the limiter presses."""
    sent = burst(used_up)
    least = Traffic(1, len(AFTER), len(AFTER))
    now = Traffic(len(sent), *2 * [sum(len(streams) for _, streams in sent)])
    wanted = {who: set(streams) for _, who, streams in BEFORE}
    unions = []
    for _, who, streams, _ in BURST:
        wanted[who] = set(streams)
        unions.append(set().union(*wanted.values()))
    before = Traffic(len(unions), *2 * [sum(map(len, unions))])
    assert unions[-1] == AFTER
    assert (before.messages, now.messages) == (6, messages)
    assert efficiency(before, least) < 0.1
    assert efficiency(now, least) == (1.0 if used_up else pytest.approx(1 / 3 * (6 / 12) ** 2))
