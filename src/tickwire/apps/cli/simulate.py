"""The local exchange as a program of its own."""

import asyncio
import gc
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tickwire import UsageError
from tickwire.apps.cli.words import Words
from tickwire.simulator import Simulator

__all__ = ["simulate"]


async def simulate(
    *,
    host: str,
    port: int,
    seed: int,
    markets: int,
    rate: float,
    tape: Path | None,
    speed: float,
    keys: Sequence[str],
    words: Words,
) -> int:
    """Run until told to end; ending so is what it is for, hence 0."""
    # The books are some 100,000 objects that come and go and form no cycles. To look through them
    # for cycles as often as is usual costs a tenth of the processor time at a high rate.
    gc.set_threshold(10_000, 20, 20)
    async with Simulator(
        host=host,
        port=port,
        seed=seed,
        markets=markets,
        rate=rate,
        tape=tape,
        speed=speed,
        keys=dict(_pair(key) for key in keys),
    ) as exchange:
        print(words.running(exchange.address, len(exchange.codes)), flush=True)
        urls = exchange.websocket_base_url, exchange.base_url
        for line in words.how_to_use(exchange.codes[0], *urls):
            print(line, flush=True)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            stats: dict[str, Any] = exchange.stats()
            totals = stats["totals"]
            breaches = sum(totals["breaches"].values())
            print(
                words.served(totals["connects"], totals["messages"], totals["frames"], breaches),
                flush=True,
            )
        return 0


def _pair(key: str) -> tuple[str, str]:
    access, colon, secret = key.partition(":")
    if not (access and colon and secret):
        # What was passed is not repeated: it may hold a secret.
        raise UsageError("--key takes ACCESS:SECRET, the access key and its secret with a colon")
    return access, secret
