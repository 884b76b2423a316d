"""One measurement: an exchange, a client, and what both have told."""

import asyncio
import json
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from tests.interop.environments import ROOT

from benchmarks.kpi.contenders import CHANGES, Contender, command
from benchmarks.kpi.job import Job
from benchmarks.kpi.referee import demand, verdict
from benchmarks.kpi.wishes import COMPONENTS, MARKETS, wishes
from benchmarks.processes import exchange_process, fetched

__all__ = ["cell", "saturated"]

_START_AND_END_S = 20.0
"""What a client takes besides, at most."""


async def cell(contender: Contender, count: int, longest_s: float) -> dict[str, Any]:
    """So many wishes at once: a row of figures, or of why there are none (`failed`)."""
    told = await _run(contender, count, longest_s, verdict)
    return {"contender": contender.name, "wishes": count, "longest_s": longest_s, **told}


async def saturated(seconds: float) -> dict[str, Any]:
    """Another set every 100 ms for so long: how much of what is permitted was used."""
    return await _run(CHANGES, MARKETS, seconds, lambda stats, job: demand(stats, seconds))


async def _run(
    contender: Contender,
    count: int,
    longest_s: float,
    judged: Callable[[dict[str, Any], Job], dict[str, Any]],
) -> dict[str, Any]:
    start = await asyncio.to_thread(command, contender)
    async with exchange_process("--seed", "1", "--markets", str(MARKETS)) as exchange:
        markets = await asyncio.to_thread(fetched, exchange.address, "/v1/market/all")
        job = Job(
            address=exchange.address,
            wishes=wishes(count, [market["market"] for market in markets]),
            components=min(count, COMPONENTS),
            longest_s=longest_s,
            option=contender.option,
        )
        with tempfile.TemporaryFile() as errors:
            client = await asyncio.create_subprocess_exec(
                *start,
                job.to_json(),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                cwd=ROOT,
            )
            try:
                assert client.stdout is not None
                line = await _within(longest_s + _START_AND_END_S, client.stdout.readline())
                if not line:
                    errors.seek(0)
                    return {"failed": _last(errors.read().decode()) or "it never told anything"}
                stats = await asyncio.to_thread(fetched, exchange.address, "/sim/stats")
            finally:
                if client.returncode is None:
                    client.kill()
                await client.wait()
        return {**json.loads(line), **judged(stats, job)}


async def _within(seconds: float, line: Awaitable[bytes]) -> bytes:
    with suppress(TimeoutError):
        return await asyncio.wait_for(line, seconds)
    return b""


def _last(text: str) -> str:
    """The last line, as one may read it on any machine."""
    lines = text.strip().splitlines()
    return lines[-1].replace(f"{ROOT}/", "") if lines else ""
