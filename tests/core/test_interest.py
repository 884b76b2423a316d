"""The desired set: counted by stream and component."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickwire.core.exchange import Endpoint
from tickwire.core.interest import SubscriptionChange
from tickwire.core.subscriptions import SubscriptionManager
from tickwire.errors import UsageError
from tickwire.indicators import Indicator
from tickwire.subscription import DataType, Stream

BTC, ETH, XRP = (Stream(DataType.TICKER, f"KRW-{base}") for base in ("BTC", "ETH", "XRP"))


def watched() -> tuple[SubscriptionManager, list[SubscriptionChange]]:
    changes: list[SubscriptionChange] = []
    return SubscriptionManager(changes.append), changes


def test_the_first_interest_adds_and_the_last_one_removes() -> None:
    """What two want is desired once, until both have left."""
    interest, changes = watched()
    interest.replace("a", [BTC])
    interest.replace("b", [BTC])
    interest.replace("a", [])
    interest.replace("b", [])
    assert changes == [SubscriptionChange((BTC,), ()), SubscriptionChange((), (BTC,))]
    assert len(interest) == 0


def test_registering_again_replaces() -> None:
    """Fewer symbols than before leave the others."""
    interest, changes = watched()
    interest.replace("a", [BTC, ETH])
    interest.replace("a", [ETH, XRP])
    assert changes[-1] == SubscriptionChange((XRP,), (BTC,))
    assert interest.wishes_of("a") == {ETH, XRP}


def test_a_callback_sees_the_state_complete_and_may_call_back_in() -> None:
    """Notification comes after the change, under no lock."""
    seen: list[set[Stream]] = []

    def changed(change: SubscriptionChange) -> None:
        seen.append(set(interest))
        if BTC in change.added:
            interest.replace("b", [ETH])

    interest = SubscriptionManager(changed)
    interest.replace("a", [BTC])
    assert seen == [{BTC}, {BTC, ETH}]


NEEDS_KEYS: dict[DataType | str, Endpoint] = {
    DataType.MY_ORDER: Endpoint.PRIVATE,
    DataType.MY_ASSET: Endpoint.PRIVATE,
    DataType.ANNOUNCEMENT: Endpoint.PRIVATE,
    DataType.INDICATOR: Endpoint.INFO,
}
TRADE, ORDERS, ALL_ORDERS, ASSETS, NEWS = (
    Stream(DataType.TRADE, "KRW-BTC"),
    Stream(DataType.MY_ORDER, "KRW-XRP"),
    Stream(DataType.MY_ORDER),
    Stream(DataType.MY_ASSET),
    Stream(DataType.ANNOUNCEMENT, category="notice"),
)
RSI = Stream(DataType.INDICATOR, "KRW-BTC", indicator=Indicator.rsi(timeframe="15m"))


def with_keys() -> SubscriptionManager:
    """Everything is wanted, by two components."""
    interest = SubscriptionManager(
        lambda change: None, endpoint_of=lambda kind: NEEDS_KEYS.get(kind, Endpoint.PUBLIC)
    )
    interest.replace("a", [BTC, TRADE, ORDERS, ASSETS])
    interest.replace("b", [BTC, ETH, NEWS, RSI])
    return interest


def test_what_is_wanted_is_told_by_type() -> None:
    """Those that need keys apart; what has no symbols is there without any."""
    interest = with_keys()
    assert interest.get_public_subscriptions() == {
        DataType.TICKER: {"KRW-BTC", "KRW-ETH"},
        DataType.TRADE: {"KRW-BTC"},
    }
    assert interest.get_private_subscriptions() == {
        DataType.MY_ORDER: {"KRW-XRP"},
        DataType.MY_ASSET: set(),
        DataType.ANNOUNCEMENT: set(),
        DataType.INDICATOR: {"KRW-BTC"},
    }


def test_whoever_wants_all_orders_wants_those_of_one_market_too() -> None:
    """No symbols stand for all of them."""
    interest = with_keys()
    interest.replace("c", [ALL_ORDERS])
    assert interest.get_private_subscriptions()[DataType.MY_ORDER] == set()


def test_what_is_told_is_a_copy() -> None:
    """Whoever changes it changes nothing else."""
    interest = with_keys()
    interest.get_public_subscriptions()[DataType.TICKER].clear()
    interest.get_private_subscriptions().clear()
    assert len(interest.get_public_subscriptions()[DataType.TICKER]) == 2
    assert interest.get_private_subscriptions()


def test_streams_are_told_by_connection_type() -> None:
    """In whatever case it is written; another one is an error that names them."""
    interest = with_keys()
    assert interest.get_realtime_streams("PUBLIC") == interest.get_public_subscriptions()
    assert interest.get_realtime_streams(Endpoint.INFO) == {DataType.INDICATOR: {"KRW-BTC"}}
    assert set(interest.get_realtime_streams("private")) == {
        DataType.MY_ORDER,
        DataType.MY_ASSET,
        DataType.ANNOUNCEMENT,
    }
    with pytest.raises(UsageError, match="'secret'; expected one of: public, private, info"):
        interest.get_realtime_streams("secret")


def test_the_summary_tells_the_state() -> None:
    """Streams by type, symbols, components, and what has changed since the start."""
    interest = with_keys()
    interest.replace("b", [BTC, NEWS, RSI])
    interest.replace("b", [BTC, NEWS, RSI])
    summary = interest.get_stream_summary()
    assert summary.public_streams == {"ticker": 1, "trade": 1}
    assert summary.private_streams == {
        "announcement": 1,
        "indicator": 1,
        "myAsset": 1,
        "myOrder": 1,
    }
    assert (summary.total_symbols, summary.active_components) == (2, 2)
    assert summary.pending_snapshots == 0
    assert summary.metrics == {"wishes": 3, "added": 7, "removed": 1}


def test_the_stats_are_right_after_each_change() -> None:
    """Components, streams and symbols."""
    interest = with_keys()
    stats = {
        "components": 2,
        "public_streams": 3,
        "public_symbols": 2,
        "private_streams": 4,
        "private_symbols": 2,
    }
    assert interest.get_subscription_stats() == stats
    interest.replace("b", ())
    stats |= {"components": 1, "public_streams": 2, "public_symbols": 1}
    stats |= {"private_streams": 2, "private_symbols": 1}
    assert interest.get_subscription_stats() == stats
    interest.replace("a", ())
    assert set(interest.get_subscription_stats().values()) == {0}


def test_the_four_strategies_of_the_first_scenario() -> None:
    """S4: four components ask for eleven streams; seven are desired, each once."""
    interest, changes = watched()

    def ticker(*bases: str) -> list[Stream]:
        return [Stream(DataType.TICKER, f"KRW-{base}") for base in bases]

    interest.replace("A", [*ticker("BTC", "ETH"), TRADE])
    interest.replace("B", [*ticker("BTC", "ADA"), Stream(DataType.ORDERBOOK, "KRW-BTC")])
    interest.replace("C", [*ticker("BTC", "DOT"), Stream(DataType.CANDLE_1M, "KRW-BTC")])
    interest.replace("D", [*ticker("BTC"), TRADE])
    assert interest.get_public_subscriptions() == {
        DataType.TICKER: {"KRW-BTC", "KRW-ETH", "KRW-ADA", "KRW-DOT"},
        DataType.ORDERBOOK: {"KRW-BTC"},
        DataType.CANDLE_1M: {"KRW-BTC"},
        DataType.TRADE: {"KRW-BTC"},
    }
    assert len(changes) == 3, "the last one wants nothing that was not wanted"


def test_it_tells_who_else_wants_a_stream() -> None:
    """By their ids, in order; and who wants it at all."""
    interest, _ = watched()
    interest.replace("b", [BTC, ETH])
    interest.replace("c", [BTC])
    interest.replace("a", [BTC, XRP])
    assert interest.others_by_stream("b") == {BTC: ("a", "c")}
    assert interest.others_by_stream("nobody") == {}
    assert list(map(set, interest.wishes())) == [{BTC, ETH}, {BTC}, {BTC, XRP}]
    assert interest.is_wanted(ETH)
    assert interest.is_wanted(ETH, by="b")
    assert not interest.is_wanted(ETH, by="c")


def test_its_repr_is_a_status_line() -> None:
    """How much for how many."""
    interest, _ = watched()
    interest.replace("a", [BTC, ETH])
    interest.replace("b", [ETH, XRP])
    assert repr(interest) == "<SubscriptionManager 3 streams for 2 components>"


streams = st.frozensets(st.sampled_from([BTC, ETH, XRP]))


@given(st.lists(st.tuples(st.sampled_from("abc"), streams)))
def test_it_equals_the_union_of_all_wishes(steps: list[tuple[str, frozenset[Stream]]]) -> None:
    """After any steps the set is the brute-force union, and the changes told add up to it."""
    interest, changes = watched()
    model: dict[str, frozenset[Stream]] = {}
    for component, wanted in steps:
        before = len(changes)
        old_union = frozenset().union(*model.values()) if model else frozenset()
        interest.replace(component, wanted)
        model[component] = wanted
        union = frozenset().union(*model.values())
        assert frozenset(interest) == union
        assert len(changes) - before == (union != old_union)
    told: set[Stream] = set()
    for change in changes:
        told |= set(change.added)
        told -= set(change.removed)
    assert told == set(interest)
