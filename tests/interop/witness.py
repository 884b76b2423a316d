"""What the local exchange has seen of a client, to wait for what the client does not tell.

An exchange does not acknowledge a subscription, and few clients say when they have closed.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any
from urllib.request import urlopen

__all__ = ["subscribed", "witnessed"]

_WITHIN_S = 20
_PAUSE_S = 0.05


async def witnessed(address: str, true_of: Callable[[dict[str, Any]], bool], what: str) -> None:
    """Wait until this is true of the answer of `GET /sim/stats`."""
    deadline = asyncio.get_running_loop().time() + _WITHIN_S
    while not true_of(stats := await asyncio.to_thread(_stats, address)):
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"after {_WITHIN_S} s there is no {what}: {stats['totals']}")
        await asyncio.sleep(_PAUSE_S)


def subscribed(stats: dict[str, Any]) -> set[str]:
    """The types that open connections are subscribed to."""
    return {
        wish["type"]
        for connection in stats["connections"]
        if connection["closed_at"] is None
        for wish in connection["subscription"]
    }


def _stats(address: str) -> dict[str, Any]:
    with urlopen(f"http://{address}/sim/stats", timeout=_WITHIN_S) as answer:
        report: dict[str, Any] = json.load(answer)
    return report
