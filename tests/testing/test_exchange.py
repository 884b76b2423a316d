"""The local exchange in a thread of its own, as tests that are not asynchronous use it."""

import asyncio
import inspect
import json
import socket
import threading
import urllib.error
import urllib.request

import pytest

from tests.simulator.raw import KEYS, Raw, bearer
from tickwire.errors import UsageError
from tickwire.simulator import Simulator
from tickwire.testing import LocalExchange


def test_it_has_all_that_a_simulator_has() -> None:
    """What a test can look at or make happen is the same on both, with the same arguments."""
    life = {"start", "stop"}
    public = {name for name in vars(Simulator) if not name.startswith("_")} - life
    assert public == {name for name in vars(LocalExchange) if not name.startswith("_")}
    for name in public:
        ours, theirs = getattr(LocalExchange, name), getattr(Simulator, name)
        if callable(ours):
            assert inspect.signature(ours) == inspect.signature(theirs), name


def test_incidents_from_another_thread() -> None:
    """An announcement is heard, and a ban cuts and refuses, by the time the call returns."""

    async def listen(exchange: LocalExchange) -> str:
        headers = {"Authorization": bearer()}
        client = await Raw.connect(exchange, "/websocket/v1/private", headers)  # type: ignore[arg-type]
        client.ask({"type": "announcement", "categories": ["event"]}, {"format": "SIMPLE"})
        client.ask({"method": "LIST_SUBSCRIPTIONS"}, {"format": "SIMPLE"})
        await client.said()
        await asyncio.to_thread(exchange.announce, "mine", "event", "with a body")
        title: str = (await client.said())["tt"]
        await asyncio.to_thread(exchange.ban, 30)
        assert await client.gone()
        refused = await Raw.connect(exchange)  # type: ignore[arg-type]
        assert (refused.status, refused.headers["retry-after"]) == (418, "30")
        client.abort()
        refused.abort()
        return title

    with LocalExchange(markets=1, keys=KEYS) as exchange:
        assert asyncio.run(listen(exchange)) == "mine"
        assert exchange.stats()["totals"]["refusals"]["418"] == 1
        assert exchange.drop() == 0


def test_mistakes_are_raised_where_they_are_made() -> None:
    """A wrong option, a port that is taken, a wrong argument: in the test's own thread."""
    with pytest.raises(UsageError, match="markets=0"):
        LocalExchange(markets=0)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        exchange = LocalExchange(markets=1, port=taken.getsockname()[1])
        with pytest.raises(UsageError, match="cannot listen"), exchange:
            raise AssertionError("it listens on a port that is taken")
    with LocalExchange(markets=1) as exchange:
        with pytest.raises(UsageError, match="no category"):
            exchange.announce("t", "gossip")
        with pytest.raises(UsageError, match="no market"):
            exchange.hush("KRW-NOPE")
        with pytest.raises(UsageError, match="ban"):
            exchange.ban(0)


def test_after_the_block_it_is_gone() -> None:
    """The thread has ended, the port is free, and a call says what to do."""
    before = threading.active_count()
    with LocalExchange(markets=2) as exchange:
        assert exchange.codes == ("KRW-BTC", "KRW-ETH")
        url = f"{exchange.base_url}/v1/market/all"
        assert len(json.load(urllib.request.urlopen(url))) == 2
    assert threading.active_count() == before
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(url)
    with pytest.raises(UsageError, match="'with' block"):
        exchange.drop()
