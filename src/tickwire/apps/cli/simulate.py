"""The local exchange as a program of its own."""

import asyncio
from pathlib import Path
from typing import Any

from tickwire.apps.cli.words import Words
from tickwire.simulator import Simulator

__all__ = ["simulate"]


async def simulate(
    *,
    host: str,
    port: int,
    seed: int,
    markets: int,
    tape: Path | None,
    speed: float,
    words: Words,
) -> int:
    """Run until told to end; ending so is what it is for, hence 0."""
    async with Simulator(
        host=host, port=port, seed=seed, markets=markets, tape=tape, speed=speed
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
