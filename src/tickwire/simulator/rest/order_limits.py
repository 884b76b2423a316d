"""What one Pocket may ask of the exchange REST API: so many calls in each group.

Source: the rate-limits page of docs.upbit.com (2026-10-07). Whoever goes on after a 429 is blocked
with 418, as with connects and with the quotation API. Every key here is a Pocket of its own.
"""

from typing import NamedTuple

from tickwire.simulator.limits import ConnectGate
from tickwire.simulator.rest.quotation_limits import Passage

__all__ = ["OrderLimits"]


class _Limit(NamedTuple):
    """So many calls in so many seconds."""

    calls: int
    seconds: int = 1


_LIMITS = {
    "default": _Limit(30),
    "order": _Limit(12),
    "order-test": _Limit(8),
    "order-cancel-all": _Limit(1, 2),
}


class OrderLimits:
    """The gates of all Pockets and groups."""

    def __init__(self) -> None:
        self._gates: dict[tuple[str, str], ConnectGate] = {}

    def __repr__(self) -> str:
        return f"OrderLimits({len(self._gates)} gates)"

    def knock(self, key: str, group: str, now_ns: int) -> Passage:
        """One call of this key."""
        limit = _LIMITS[group]
        gate = self._gates.get((key, group))
        if gate is None:
            gate = self._gates[key, group] = ConnectGate(limit.calls, seconds=limit.seconds)
        status, wait_s = gate.knock(now_ns)
        # `min` is deprecated, and always the limit of a minute.
        minute = limit.calls * 60 // limit.seconds
        remaining = f"group={group}; min={minute}; sec={gate.left(now_ns)}"
        return Passage(200 if status == 101 else status, wait_s, remaining)
