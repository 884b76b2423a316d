"""What one address may ask of the quotation REST API: so many calls a second in each group.

Source: the rate-limits page of docs.upbit.com (2026-10-07): 10 per second in each group and from
each address. Whoever goes on after a 429 is blocked with 418, as with connects.
"""

from typing import NamedTuple

from tickwire.simulator.limits import ConnectGate

__all__ = ["CALLS_PER_SECOND", "Passage", "QuotationLimits"]

CALLS_PER_SECOND = 10

# A client that changes its address for each call must not fill the memory.
_GATES_KEPT = 10_000


class Passage(NamedTuple):
    """May this call go on? `status` 200, 429 or 418, and for 418 the seconds to wait."""

    status: int
    wait_s: float
    remaining: str
    """The header `Remaining-Req`."""


class QuotationLimits:
    """The gates of all addresses and groups, the longest unused forgotten first."""

    def __init__(self) -> None:
        self._gates: dict[tuple[str, str], ConnectGate] = {}

    def __repr__(self) -> str:
        return f"QuotationLimits({len(self._gates)} gates)"

    def knock(self, address: str, group: str, now_ns: int) -> Passage:
        """One call."""
        gate = self._gates.pop((address, group), None) or ConnectGate(CALLS_PER_SECOND)
        self._gates[address, group] = gate
        if len(self._gates) > _GATES_KEPT:
            del self._gates[next(iter(self._gates))]
        status, wait_s = gate.knock(now_ns)
        remaining = f"group={group}; min={CALLS_PER_SECOND * 60}; sec={gate.left(now_ns)}"
        return Passage(200 if status == 101 else status, wait_s, remaining)
