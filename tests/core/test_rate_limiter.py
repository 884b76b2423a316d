"""The gates of one manager: who shares which, what slows them down, and what they tell."""

import json
from collections.abc import Callable, Hashable

import pytest

from tickwire.core.budget import Priority
from tickwire.core.exchange import Endpoint
from tickwire.core.gate import Gate
from tickwire.core.rate_limiter import LaneFigures, RateLimiter
from tickwire.core.strategy import STRATEGIES, Strategy
from tickwire.errors import UsageError
from tickwire.exchanges.upbit import JWTManager, Upbit
from tickwire.world import MemoryNotes, Notes

KEYS = JWTManager("a" * 40, "s" * 40)
OTHER_KEYS = JWTManager("b" * 40, "s" * 40)


def limiter_of(
    *,
    strategy: Strategy = STRATEGIES["aggressive"],
    keys: JWTManager = KEYS,
    notes: Notes | None = None,
    environment: str = "kr",
    failed: Callable[[Exception], object] = lambda error: None,
    enable_dynamic_adjustment: bool = True,
) -> RateLimiter:
    return RateLimiter(
        Upbit(environment=environment, jwt_manager=keys),
        strategy=strategy,
        notes=notes or MemoryNotes(),
        enable_dynamic_adjustment=enable_dynamic_adjustment,
        failed=failed,
    )


def most(gate: Gate[Hashable], now: float = 0.0) -> int:
    """How many it lets through at once."""
    gate.join("somebody", now, Priority.SUBSCRIPTION)
    if not gate.take("somebody", now):
        gate.leave("somebody")
        return 0
    return 1 + most(gate, now)


def test_each_connection_has_its_own_message_windows() -> None:
    """And as many slots as the strategy gives."""
    limiter = limiter_of(strategy=STRATEGIES["conservative"])
    assert [most(limiter.message_gate()) for _ in range(2)] == [2, 2]


def test_a_new_connection_starts_with_new_windows() -> None:
    """The exchange counts the messages of each connection by themselves."""
    gate = limiter_of().message_gate()
    assert most(gate) == 5
    gate.renew()
    assert most(gate) == 5


def test_connects_without_a_token_count_for_the_address() -> None:
    """Those with one for the keys, whatever the endpoint."""
    limiter = limiter_of()
    public, private, info = map(limiter.connect_gate, Endpoint)
    assert private is info
    assert public is limiter.connect_gate(Endpoint.PUBLIC)
    assert most(public) == 5
    assert most(private) == 5


def test_managers_share_the_windows_of_an_address_and_of_keys() -> None:
    """By the notes that they have in common; other addresses and keys have their own."""
    notes = MemoryNotes()
    one, other = limiter_of(notes=notes), limiter_of(notes=notes, keys=OTHER_KEYS)
    abroad = limiter_of(notes=notes, environment="sg")
    assert most(one.connect_gate(Endpoint.PUBLIC)) == 5
    assert most(other.connect_gate(Endpoint.PUBLIC)) == 0
    assert most(one.connect_gate(Endpoint.PRIVATE)) == 5
    assert most(limiter_of(notes=notes).connect_gate(Endpoint.INFO)) == 0
    assert most(other.connect_gate(Endpoint.PRIVATE)) == 5
    assert most(abroad.connect_gate(Endpoint.PUBLIC)) == 5


def test_a_modest_manager_gives_way_to_a_greedy_one() -> None:
    """And notes all that the exchange counts."""
    notes = MemoryNotes()
    greedy = limiter_of(notes=notes).connect_gate(Endpoint.PUBLIC)
    modest = limiter_of(notes=notes, strategy=STRATEGIES["conservative"])
    assert most(modest.connect_gate(Endpoint.PUBLIC)) == 3
    assert most(greedy) == 2
    assert most(modest.connect_gate(Endpoint.PUBLIC)) == 0


def test_complaints_slow_down_messages_and_connects() -> None:
    """HTTP statuses, close codes and names alike; anything else is no complaint."""
    limiter = limiter_of()
    messages, connects = limiter.message_gate(), limiter.connect_gate(Endpoint.PUBLIC)
    for answer in (503, 1000, "INVALID_AUTH"):
        assert not limiter.complained(answer, 0.0)
    assert [limiter.complained(each, 0.0) for each in (429, "TOO_MANY_REQUEST", 1008)] == [
        False,
        False,
        True,
    ]
    for gate in (messages, connects):
        assert most(gate) == 5
        assert gate.budget.free_at(Priority.SUBSCRIPTION, 0.0) == pytest.approx(1 / 0.7 + 0.2)
    assert repr(limiter) == "<RateLimiter aggressive: <Adjustment 0.70 after 3 complaints>>"


def test_without_adjustment_complaints_are_only_counted() -> None:
    """The rate stays."""
    limiter = limiter_of(enable_dynamic_adjustment=False)
    assert not any(limiter.complained(429, 0.0) for _ in range(5))
    status = limiter.status([], 0.0)
    assert (status["ratio"], status["stats"]["errors"]) == (1.0, 5)


def test_a_wait_that_is_asked_for_holds_up_every_connect() -> None:
    """Whichever was refused, and those of other managers as well; messages go on."""
    notes = MemoryNotes()
    limiter = limiter_of(notes=notes)
    public, private = map(limiter.connect_gate, (Endpoint.PUBLIC, Endpoint.PRIVATE))
    other = limiter_of(notes=notes, keys=OTHER_KEYS).connect_gate(Endpoint.PUBLIC)
    assert not limiter.complained(418, 1.0, wait_s=20.0)
    assert [most(gate, 20.9) for gate in (public, private, other)] == [0, 0, 0]
    assert most(limiter.message_gate(), 1.0) == 5
    assert [most(gate, 21.0) for gate in (public, private)] == [5, 5]
    assert most(other, 21.0) == 0


def test_the_status_is_json() -> None:
    """The keys of the design documents, and every gate by itself."""
    limiter = limiter_of(strategy=STRATEGIES["balanced"])
    gate = limiter.message_gate()
    assert most(gate) == 4
    gate.join("one", 0.0)
    gate.join("another", 0.5, Priority.SUBSCRIPTION)
    assert gate.serve(1.2) == "another"
    connects = limiter.connect_gate(Endpoint.PUBLIC)
    limiter.connect_gate(Endpoint.INFO)
    assert most(connects, 1.0) == 4
    quiet = LaneFigures("info", limiter.message_gate(), 2, 1)
    for _ in range(3):
        limiter.complained(429, 1.2)
    status = limiter.status([LaneFigures("public", gate, 5, 3), quiet], 1.3)
    assert json.loads(json.dumps(status)) == status
    assert status == {
        "enabled": True,
        "strategy": "balanced",
        "ratio": 0.7,
        "effective_rate": pytest.approx(0.7 * 80 / 60),
        "tokens": 0,
        "next_available_in": pytest.approx(1 / 0.7 + 0.2 - 1.3),
        "stats": {
            "total_messages": 7,
            "connections": 4,
            "waits": 1,
            "errors": 3,
            "failures": 0,
        },
        "lanes": [
            {
                "endpoint": "public",
                "total_messages": 5,
                "waiting": 1,
                "tokens": 0,
                "next_available_in": pytest.approx(1 / 0.7 + 0.2 - 1.3),
                "waits": 1,
                "failures": 0,
            },
            {
                "endpoint": "info",
                "total_messages": 2,
                "waiting": 0,
                "tokens": 4,
                "next_available_in": 0.0,
                "waits": 0,
                "failures": 0,
            },
        ],
        "connects": [
            {
                "scope": "address",
                "waiting": 0,
                "tokens": 0,
                "next_available_in": pytest.approx(1 / 0.7 + 0.2 - 0.3),
                "waits": 0,
                "failures": 0,
            },
            {
                "scope": "keys",
                "waiting": 0,
                "tokens": 4,
                "next_available_in": 0.0,
                "waits": 0,
                "failures": 0,
            },
        ],
    }


@pytest.mark.parametrize(
    ("name", "rate"), [("conservative", 50 / 60), ("balanced", 80 / 60), ("aggressive", 100 / 60)]
)
def test_before_the_first_connection_the_status_is_that_of_a_new_one(
    name: str, rate: float
) -> None:
    """Everything is free; the rate is what can be sent for long."""
    status = limiter_of(strategy=STRATEGIES[name]).status([], 0.0)
    assert status["effective_rate"] == pytest.approx(rate)
    assert status["tokens"] == STRATEGIES[name].of_subscriptions(Upbit.message_limits)[0].count
    assert status["next_available_in"] == 0.0
    assert not status["lanes"]
    assert not status["connects"]


class Broken(MemoryNotes):
    """Nobody can write."""

    def update(self, name: str, edit: Callable[[str | None], str]) -> bool:
        raise RuntimeError("out of order")


def test_a_failure_is_told_and_counted() -> None:
    """Nobody is let through, and no block is lost."""
    told: list[Exception] = []
    limiter = limiter_of(notes=Broken(), failed=told.append)
    gate = limiter.connect_gate(Endpoint.PUBLIC)
    assert most(gate) == 0
    limiter.complained(418, 0.0, wait_s=9.0)
    assert [str(error) for error in told] == ["out of order"] * 2
    assert limiter.status([], 0.0)["stats"]["failures"] == 2
    assert gate.budget.free_at(Priority.REQUEST, 0.0) == 9.0
    message_gate = limiter_of(failed=told.append).message_gate()
    message_gate.budget = None  # type: ignore[assignment] # whatever goes wrong in it
    assert most(message_gate) == 0
    assert len(told) == 3


def local(url: str) -> RateLimiter:
    return RateLimiter(
        Upbit(websocket_base_url=url),
        strategy=STRATEGIES["balanced"],
        notes=MemoryNotes(),
        enable_rate_limiter=False,
    )


def test_without_limits_everything_goes_at_once() -> None:
    """For measurements on a local exchange; a block holds all the same."""
    limiter = local("ws://127.0.0.1:8765")
    assert limiter.status([], 0.0)["enabled"] is False
    gate = limiter.message_gate()
    for number in range(200):
        gate.join(str(number), 0.0)
        assert gate.serve(0.0) == str(number)
    connects = limiter.connect_gate(Endpoint.PUBLIC)
    for _ in range(50):
        connects.join("lane", 0.0)
        assert connects.take("lane", 0.0)
    limiter.complained(418, 0.0, wait_s=5.0)
    connects.join("lane", 0.0)
    assert not connects.take("lane", 4.9)


@pytest.mark.parametrize("url", ["wss://api.upbit.com", "ws://192.0.2.1"])
def test_an_exchange_that_others_use_is_never_without_limits(url: str) -> None:
    """It blocks addresses."""
    with pytest.raises(UsageError, match="enable_rate_limiter=False is for a local exchange"):
        local(url)
