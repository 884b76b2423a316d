"""The limits of the exchange REST API: 429, then 418 with a block that grows."""

import pytest

from tickwire.simulator.rest.order_limits import OrderLimits

SECOND_NS = 1_000_000_000


@pytest.mark.parametrize(
    ("group", "calls", "minute"),
    [("default", 30, 1800), ("order", 12, 720), ("order-test", 8, 480)],
)
def test_so_many_calls_a_second(group: str, calls: int, minute: int) -> None:
    """The next is refused with 429; a second later as many again, with what is left told."""
    limits = OrderLimits()
    for start in (0, SECOND_NS):
        for left in reversed(range(calls)):
            passage = limits.knock("alice", group, start)
            assert passage == (200, 0.0, f"group={group}; min={minute}; sec={left}")
    refused = limits.knock("alice", group, SECOND_NS)
    assert refused == (429, 0.0, f"group={group}; min={minute}; sec=0")


def test_all_open_orders_once_in_two_seconds() -> None:
    """The window of this group is two seconds, to the nanosecond."""
    limits = OrderLimits()
    allowed = (200, 0.0, "group=order-cancel-all; min=30; sec=0")
    assert limits.knock("alice", "order-cancel-all", 0) == allowed
    assert limits.knock("alice", "order-cancel-all", 2 * SECOND_NS - 1).status == 429
    assert limits.knock("alice", "order-cancel-all", 2 * SECOND_NS) == allowed


def test_who_goes_on_is_blocked_ever_longer() -> None:
    """418 with the seconds to wait, 2 and then 4; other groups and keys go on."""
    limits = OrderLimits()
    now = 0
    for seconds in (2, 4, 8):
        for _ in range(8):
            assert limits.knock("alice", "order-test", now).status == 200
        assert limits.knock("alice", "order-test", now).status == 429
        assert limits.knock("alice", "order-test", now)[:2] == (418, seconds)
        assert limits.knock("alice", "order-test", now + SECOND_NS)[:2] == (418, seconds - 1)
        assert limits.knock("alice", "order", now).status == 200
        assert limits.knock("bob", "order-test", now).status == 200
        now += seconds * SECOND_NS
