"""What the referee's report says of a client, in figures."""

import math
from itertools import pairwise
from typing import Any

from benchmarks.kpi.job import Job
from tickwire.core.strategy import STRATEGIES
from tickwire.exchanges.upbit.rules import MESSAGE_LIMITS

__all__ = ["demand", "permits", "verdict"]

_LIMITS = STRATEGIES["balanced"].of_subscriptions(MESSAGE_LIMITS)


def verdict(stats: dict[str, Any], job: Job) -> dict[str, Any]:
    """Messages, connections and offences; `held` is how many wishes are subscribed to now."""
    totals = stats["totals"]
    held = {
        (wish["type"], code)
        for connection in stats["connections"]
        if connection["closed_at"] is None
        for wish in connection["subscription"]
        for code in wish["codes"]
    }
    return {
        "held": len(held & set(job.wishes)),
        "messages": totals["messages"],
        "connections": totals["connects"],
        "open": totals["open"],
        "refused": sum(totals["refusals"].values()),
        "breaches": sum(totals["breaches"].values()),
        "message_breaches": totals["breaches"]["messages_per_second"]
        + totals["breaches"]["messages_per_minute"],
        "bytes": totals["bytes"],
    }


def demand(stats: dict[str, Any], seconds: float) -> dict[str, Any]:
    """What of the permits since the first message was used, and the longest silence between."""
    connections = stats["connections"]
    times = sorted(message["at"] for each in connections for message in each["messages"])
    if not times:
        return {"failed": "no message was sent"}
    used = [at - times[0] for at in times if at - times[0] < seconds]
    return {
        "seconds": seconds,
        "connections": len(connections),
        "messages": len(used),
        "permits": permits(seconds),
        "worst_minute": stats["totals"]["worst_windows"]["messages_60s"],
        "breaches": sum(stats["totals"]["breaches"].values()),
        "longest_pause_s": round(max((b - a for a, b in pairwise(used)), default=0.0), 2),
    }


def permits(seconds: float) -> int:
    """The most subscriptions that tickwire's strategy would send within so many seconds."""
    return min(limit.count * math.ceil(seconds / limit.window_s) for limit in _LIMITS)
