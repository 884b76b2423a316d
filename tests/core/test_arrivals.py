"""Wishes that come at random, from few to many: the harder the limiter presses, the more melts.

Every wish is a stream that nobody has had before, in place of an older one, so each is a change
that has to be said.
"""

from bisect import bisect_right
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from random import Random

import pytest

from tests.core.replay import UPBIT, Replay, Request
from tickwire.core.limiter import JITTER_MARGIN_S, Limiter
from tickwire.core.record import Latency
from tickwire.subscription import DataType, Stream

RATES = (1, 5, 20, 50, 100, 200)
"""Wishes a second."""
SECONDS = 60.0
COMPONENTS = 200
SLACK_S = 0.02
DEBOUNCES_S = (0.0, 0.05, 0.1, 0.2)


@dataclass(frozen=True)
class Played:
    """What became of the wishes: when they came, and when each message went out."""

    wishes: list[float]
    sent: list[float]
    latency: Latency

    @property
    def mean_batch(self) -> float:
        return len(self.wishes) / len(self.sent)

    @property
    def first_changes(self) -> list[float]:
        """For each message the first wish that it says: the first after the message before."""
        before = [0, *(bisect_right(self.wishes, at) for at in self.sent)]
        return [self.wishes[first] for first in before[: len(self.sent)]]

    @property
    def free_at(self) -> list[float]:
        """For each message when the exchange's windows, with the margin, had room for it."""
        return [
            max(
                self.sent[number - limit.count] + limit.window_s + JITTER_MARGIN_S
                if number >= limit.count
                else 0.0
                for limit in UPBIT
            )
            for number in range(len(self.sent))
        ]


@cache
def play(rate: float, debounce_s: float) -> Played:
    """A minute of wishes, one after the other at random (Poisson), and what is left to say then."""
    draw = Random(f"{rate} a second")
    at, requests = 0.0, list[Request]()
    while (at := at + draw.expovariate(rate)) < SECONDS:
        number = len(requests)
        stream = Stream(DataType.TICKER, f"KRW-{number}")
        requests.append((at, f"component {number % COMPONENTS}", (stream,)))
    replay = Replay(Limiter(UPBIT), debounce_s)
    replay.run(requests, until_s=2 * SECONDS + 1.0)
    assert replay.sent[-1][1] == set(replay.interest)
    return Played(
        [at for at, _, _ in requests],
        [at for at, _ in replay.sent],
        replay.connection.record.latency,
    )


@pytest.mark.parametrize("debounce_s", DEBOUNCES_S)
@pytest.mark.parametrize("rate", RATES)
def test_a_wish_waits_for_the_debounce_and_the_limiter_and_for_nothing_else(
    rate: float, debounce_s: float
) -> None:
    """From the first change on, which later ones do not extend; and the statistics tell it so."""
    played = play(rate, debounce_s)
    waits = []
    for at, first, free_at in zip(played.sent, played.first_changes, played.free_at, strict=True):
        due = max(first + debounce_s, free_at)
        assert due - 1e-9 <= at <= due + SLACK_S
        waits.append(at - first)
    assert played.latency.count == len(waits)
    assert played.latency.max_s == pytest.approx(max(waits))


@pytest.mark.parametrize("debounce_s", DEBOUNCES_S)
def test_more_wishes_are_more_in_each_message(debounce_s: float) -> None:
    """Few go one by one; of many the limiter lets go as many messages, with more in each."""
    batches = [play(rate, debounce_s).mean_batch for rate in RATES]
    assert all(fewer < more for fewer, more in pairwise(batches)), batches
    assert batches[0] < 1.3
    assert batches[-1] > 50


@pytest.mark.parametrize("debounce_s", DEBOUNCES_S)
def test_few_wishes_wait_for_the_debounce_alone(debounce_s: float) -> None:
    """One a second: the limiter never has to hold any of them up."""
    assert play(1, debounce_s).latency.max_s == pytest.approx(debounce_s)


def test_a_longer_debounce_melts_more() -> None:
    """While the limiter does not press, the window alone decides."""
    batches = [play(1, debounce_s).mean_batch for debounce_s in (0.0, 0.2, 0.5)]
    assert all(shorter < longer for shorter, longer in pairwise(batches)), batches
