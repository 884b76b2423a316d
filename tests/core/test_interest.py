"""The desired set: counted by stream and component."""

from hypothesis import given
from hypothesis import strategies as st

from tickwire.core.interest import SubscriptionChange, SubscriptionManager
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


def test_the_summary_tells_the_state() -> None:
    """Streams by type, symbols and components."""
    interest, _ = watched()
    interest.replace("a", [BTC, Stream(DataType.TRADE, "KRW-BTC")])
    interest.replace("b", [BTC, ETH])
    summary = interest.get_stream_summary()
    assert summary.streams == {"ticker": 2, "trade": 1}
    assert (summary.total_symbols, summary.active_components) == (2, 2)


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
