"""The timelines of the design documents, replayed in virtual time.

Requests come while the limiter is closed. What goes out is one message, at the moment the limiter
opens, with everything that is wanted then. The times are those of the documents.
"""

import pytest

from tests.core.replay import UPBIT, Replay, Request
from tickwire.core.limiter import Limit, Limiter
from tickwire.subscription import DataType, Stream

TICKER_BTC, TICKER_ETH = (Stream(DataType.TICKER, f"KRW-{base}") for base in ("BTC", "ETH"))
ORDERBOOK_BTC = Stream(DataType.ORDERBOOK, "KRW-BTC")
TRADE_BTC = Stream(DataType.TRADE, "KRW-BTC")

TOKEN_S = 1.2
"""The longest wait for a slot of five a second, with the limiter's margin."""


def opening_at(when: float) -> Limiter:
    """A limiter that was used up at 0 and gives one slot at that time, and no other for long."""
    limiter = Limiter((Limit(1, when), Limit(2, 3600.0)), margin_s=0.0)
    assert limiter.take(0.0)
    return limiter


@pytest.mark.parametrize(
    ("requests", "opens_at", "content"),
    [
        pytest.param(
            [
                (0.0, "A", (TICKER_BTC,)),
                (0.05, "B", (ORDERBOOK_BTC,)),
                (0.08, "C", (TRADE_BTC,)),
            ],
            0.2,
            {TICKER_BTC, ORDERBOOK_BTC, TRADE_BTC},
            id="A-from-S0",
        ),
        pytest.param(
            [
                (0.0, "A", (TICKER_BTC,)),
                (2.0, "B", (TICKER_ETH,)),
                (5.0, "C", (ORDERBOOK_BTC,)),
            ],
            15.0,
            {TICKER_BTC, TICKER_ETH, ORDERBOOK_BTC},
            id="B-from-S1-and-S2",
        ),
        pytest.param(
            [
                (0.0, "A", (TICKER_BTC,)),
                (0.05, "B", (TICKER_ETH,)),
                (0.1, "C", (ORDERBOOK_BTC,)),
            ],
            15.0,
            {TICKER_BTC, TICKER_ETH, ORDERBOOK_BTC},
            id="C-from-S3",
        ),
    ],
)
def test_requests_during_the_wait_become_one_message(
    requests: list[Request], opens_at: float, content: set[Stream]
) -> None:
    """One message, exactly when the limiter opens, with all of them; and none after it."""
    replay = Replay(opening_at(opens_at))
    replay.run(requests, until_s=60.0)
    assert replay.sent == [(opens_at, content)]


def test_a_request_at_the_very_moment_the_limiter_opens_is_not_lost() -> None:
    """S2's odd moment: it is in the message if it comes first, and in the next one otherwise."""
    before = Replay(opening_at(15.0))
    before.run([(0.0, "A", (TICKER_BTC,)), (15.0, "B", (TICKER_ETH,))], until_s=60.0)
    assert before.sent == [(15.0, {TICKER_BTC, TICKER_ETH})]

    after = Replay(Limiter((Limit(1, 15.0),), margin_s=0.0))
    after.limiter.take(0.0)
    after.run([(0.0, "A", (TICKER_BTC,)), (15.000001, "B", (TICKER_ETH,))], until_s=60.0)
    assert after.sent == [(15.0, {TICKER_BTC}), (30.0, {TICKER_BTC, TICKER_ETH})]


# --- scenario 3 of S4 -------------------------------------------------------------------------


def ticker(base: str) -> Stream:
    return Stream(DataType.TICKER, f"KRW-{base}")


XRP, DOGE, MATIC, SOL, AVAX, DOT = map(ticker, ("XRP", "DOGE", "MATIC", "SOL", "AVAX", "DOT"))

AFTER = {TICKER_BTC, XRP, MATIC, SOL, AVAX, DOT}
BEFORE: list[Request] = [(0.0, "B", (DOGE,)), (0.0, "other", (TICKER_BTC,))]

BURST: list[tuple[float, str, tuple[Stream, ...], Stream]] = [
    (0.0, "A", (XRP,), XRP),
    (0.1, "B", (), DOGE),
    (0.2, "C", (MATIC,), MATIC),
    (0.3, "A", (XRP, SOL), SOL),
    (0.4, "D", (AVAX,), AVAX),
    (0.5, "E", (DOT,), DOT),
]
"""When which strategy wants what from then on, and the stream that this is about."""


STARTED = 100.0


def burst(used_up: int) -> list[tuple[float, set[Stream]]]:
    """What goes out in the burst, seconds from its start, with so many slots taken just before."""
    replay = Replay(Limiter(UPBIT))
    replay.run(BEFORE, until_s=50.0)
    replay.sent.clear()
    replay.now = STARTED
    for _ in range(used_up):
        assert replay.limiter.take(STARTED)
    replay.run([(STARTED + at, who, streams) for at, who, streams, _ in BURST], until_s=130.0)
    return [(round(at - STARTED, 9), streams) for at, streams in replay.sent]


@pytest.mark.parametrize("used_up", range(6))
def test_six_changes_in_half_a_second(used_up: int) -> None:
    """Within the limit, the final state right, and each within one debounce and one slot."""
    sent = burst(used_up)
    slots = [0.0] * used_up + [at for at, _ in sent]
    assert max(sum(t <= u < t + 1.0 for u in slots) for t in slots) <= 5
    assert sent[-1][1] == AFTER
    for at, component, streams, stream in BURST:
        done = next(t for t, content in sent if (stream in content) == (stream in streams))
        latest = at + 0.1 + (TOKEN_S if used_up else 0.0)
        assert at <= done <= latest, f"{component}'s change of {stream}"


def test_an_idle_limiter_lets_the_burst_through_in_three_messages() -> None:
    """Each takes what came within the debounce of its first change, up to its last moment."""
    assert burst(used_up=0) == [
        (0.1, {TICKER_BTC, XRP}),
        (0.3, {TICKER_BTC, XRP, MATIC, SOL}),
        (0.5, AFTER),
    ]


def test_a_used_up_limiter_lets_the_burst_through_in_one_message() -> None:
    """The longer the wait, the more is merged: six changes and one message, one slot later."""
    assert burst(used_up=5) == [(TOKEN_S, AFTER)]
