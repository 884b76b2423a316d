"""What the market list says about streams that stay silent."""

import json
from dataclasses import replace

import pytest

from tests.harness import virtual_world
from tickwire.exchanges.upbit import Upbit
from tickwire.markets import Markets
from tickwire.subscription import SubscriptionSpec
from tickwire.testing import ManualClock, MemoryNetwork

CODES = ["KRW-BTC", "KRW-ETH", "BTC-XRP", "BTC-USD1", "USDT-BTC", "USDT-ETH"]


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("KRW-BTCC", "KRW-BTC"),
        ("BTC-USDT", "USDT-BTC"),
        ("ETH-USDT", "USDT-ETH"),
        ("XRP-BTC", "BTC-XRP"),
        ("QQQQ-ZZZZ", None),
    ],
)
async def test_the_nearest_name_is_the_one_that_was_meant(asked: str, meant: str | None) -> None:
    """A pair the other way round is meant, although another name differs in fewer letters."""

    async def fetch(url: str) -> bytes:
        return json.dumps([{"market": code} for code in CODES]).encode()

    world = replace(virtual_world(ManualClock(), MemoryNetwork()), fetch=fetch)
    streams = SubscriptionSpec("trade", ["KRW-ETH", asked]).streams
    [rejected], quiet = await Markets(Upbit(), world).judge(streams)
    assert quiet == streams[:1]
    assert (rejected.stream, rejected.suggestion) == (streams[1], meant)
    assert rejected.reason == f"the exchange lists no market {asked}"
