"""Processes of one host share the connects of an address: on real sockets, before the referee."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tickwire import SubscriptionSpec, WebSocketManager
from tickwire.simulator import Simulator

PROGRAM = """
import asyncio, sys
from tickwire import SubscriptionSpec, WebSocketManager

async def connect_again_and_again(url):
    while True:
        async with WebSocketManager(websocket_base_url=url, strategy="aggressive") as manager:
            spec = SubscriptionSpec("ticker", "KRW-BTC")
            await manager.register_component("one", [spec])
            await manager.ready(20)
            print(manager.statistics().connects, flush=True)

asyncio.run(connect_again_and_again(sys.argv[1]))
"""
"""Somebody who opens a connection, hears something, closes it, and starts over."""


def started(exchange: Simulator, directory: Path) -> subprocess.Popen[bytes]:
    directory.mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, exchange.websocket_base_url],
        env=os.environ | {"TMPDIR": str(directory)},
        stdout=subprocess.PIPE,
    )


async def ended(process: subprocess.Popen[bytes]) -> int:
    """Kill it at once, in the middle of whatever it does; how many connects it had made."""
    process.kill()
    told, _ = await asyncio.to_thread(process.communicate)
    return told.count(b"1")


async def connects(exchange: Simulator, most: int) -> None:
    """Wait for so many more."""
    before = exchange.stats()["totals"]["connects"]
    async with asyncio.timeout(50):
        while exchange.stats()["totals"]["connects"] < before + most:
            await asyncio.sleep(0.02)


def offences(exchange: Simulator) -> dict[str, Any]:
    totals = exchange.stats()["totals"]
    return {"too many": totals["breaches"]["connects_per_second"], **totals["refusals"]}


def worst_second(exchange: Simulator) -> int:
    """The most connects within any second. How near it comes to the limit is the machine's."""
    most: int = exchange.stats()["totals"]["worst_windows"]["connects_1s"]
    return most


@pytest.mark.slow
async def test_processes_share_the_connects_of_an_address_whoever_is_killed(
    tmp_path: Path,
) -> None:
    """Never over five a second together; a killed one holds nobody up, and a new one joins in."""
    async with Simulator(seed=1, markets=1) as exchange:
        one, other = started(exchange, tmp_path), started(exchange, tmp_path)
        await connects(exchange, 20)
        made = [await ended(one)]
        newcomer = started(exchange, tmp_path)
        await connects(exchange, 20)
        made += [await ended(other), await ended(newcomer)]
        assert all(made)
        assert offences(exchange) == {"too many": 0, "429": 0, "418": 0}
        assert 2 <= worst_second(exchange) <= 5


@pytest.mark.slow
async def test_without_a_common_directory_they_offend(tmp_path: Path) -> None:
    """So the test above can fail: each keeps the limit, and both together do not."""
    async with Simulator(seed=1, markets=1) as exchange:
        processes = [started(exchange, tmp_path / name) for name in ("one", "other")]
        async with asyncio.timeout(50):
            while not offences(exchange)["too many"]:
                await asyncio.sleep(0.02)
        for process in processes:
            await ended(process)


async def test_managers_of_a_process_share_the_connects_of_an_address() -> None:
    """Twelve at once take more than two seconds, and nobody is refused."""
    async with Simulator(seed=1, markets=1) as exchange:
        managers = [
            WebSocketManager(websocket_base_url=exchange.websocket_base_url) for _ in range(12)
        ]
        for manager in managers:
            spec = SubscriptionSpec("ticker", "KRW-BTC")
            await manager.register_component("one", [spec])
        assert all([await manager.ready(20) for manager in managers])
        found, worst = offences(exchange), worst_second(exchange)
        for manager in managers:
            await manager.stop()
        assert found == {"too many": 0, "429": 0, "418": 0}
        assert exchange.stats()["totals"]["connects"] == 12
        assert 2 <= worst <= 4
