"""Everything about limits of one manager: its strategy, its gates, what the exchange complains of.

    messages   each connection has a gate and windows of its own
    connects   a gate for each scope: the address, and the keys where a token is sent; its windows
               are shared by way of notes with all who connect in that scope

A complaint slows all of them down alike, and a wait that the exchange asks for holds up every
connect.
"""

from collections.abc import Callable, Hashable, Iterable
from typing import NamedTuple, TypedDict

from tickwire.core.adjustment import Adjustment
from tickwire.core.budget import Budget, Priority
from tickwire.core.exchange import Endpoint, Exchange
from tickwire.core.gate import Gate
from tickwire.core.lease import Lease
from tickwire.core.limiter import Limiter, Unlimited
from tickwire.core.strategy import Strategy
from tickwire.errors import UsageError
from tickwire.world import Notes

__all__ = ["LaneFigures", "RateLimiter", "RateLimiterStatus"]

_NOTE = "connects, version 1"


class LaneFigures(NamedTuple):
    """What a connection has to do with limits: its gate, and the messages it has really sent."""

    endpoint: str
    gate: Gate[Hashable]
    messages: int
    connects: int


class GateStatus(TypedDict):
    """One line of those who wait, in figures."""

    waiting: int
    tokens: int
    next_available_in: float
    waits: int
    failures: int


class LaneStatus(GateStatus):
    """The messages of one connection."""

    endpoint: str
    total_messages: int


class ConnectStatus(GateStatus):
    """The connects of one scope, which is `"address"` or `"keys"`."""

    scope: str


class RateLimiterStats(TypedDict):
    """Counts since the start."""

    total_messages: int
    """Messages really sent."""
    connections: int
    """Connections opened."""
    waits: int
    """Messages and connects that had to wait for a slot."""
    errors: int
    """Complaints of the exchange: HTTP 429 and 418, errors that name the limit, closes by 1008."""
    failures: int
    """Failures of the limiter itself, each of which postponed something."""


class RateLimiterStatus(TypedDict):
    """The limits of one manager, as JSON has it. Times are seconds."""

    enabled: bool
    strategy: str
    ratio: float
    """The part of the strategy's rate that is used now; below 1 after complaints."""
    effective_rate: float
    """Subscription messages a second that one connection can send for long."""
    tokens: int
    """Messages that can go at once now, on the connection that has the fewest left."""
    next_available_in: float
    """Until the connection that has to wait longest may send one; 0 when all may now."""
    stats: RateLimiterStats
    lanes: list[LaneStatus]
    connects: list[ConnectStatus]


class RateLimiter:
    """The gates of one manager, and how fast they let through. Time is told, never asked.

    Raises `UsageError` where limits would be off for an exchange that others use as well.
    """

    def __init__(
        self,
        exchange: Exchange,
        *,
        strategy: Strategy,
        notes: Notes,
        enable_dynamic_adjustment: bool = True,
        enable_rate_limiter: bool = True,
        failed: Callable[[Exception], object] = lambda error: None,
    ) -> None:
        if not enable_rate_limiter and not exchange.is_on_this_machine:
            raise UsageError(
                "enable_rate_limiter=False is for a local exchange; the real one blocks an address "
                "that does not keep its limits. To be as fast as allowed, use strategy='aggressive'"
            )
        self.strategy = strategy
        self.adjustment = Adjustment(strategy, is_enabled=enable_dynamic_adjustment)
        self._exchange = exchange
        self._is_enabled = enable_rate_limiter
        self._notes = notes
        self._failed = failed
        self._connect_gates: dict[str, tuple[Endpoint, Gate[Hashable]]] = {}

    def __repr__(self) -> str:
        return f"<RateLimiter {self.strategy.name}: {self.adjustment!r}>"

    def message_gate(self) -> Gate[Hashable]:
        """The gate of a new connection's messages."""
        return Gate(self._message_budget, failed=self._failed)

    def connect_gate(self, endpoint: Endpoint) -> Gate[Hashable]:
        """The gate of all connects that count together with those to this endpoint."""
        scope = self._exchange.connect_scope(endpoint)
        if scope not in self._connect_gates:
            budget = self._connect_budget(f"{_NOTE} {scope}")
            gate: Gate[Hashable] = Gate(lambda: budget, failed=self._failed)
            self._connect_gates[scope] = endpoint, gate
        return self._connect_gates[scope][1]

    def complained(self, answer: int | str, now: float, *, wait_s: float = 0.0) -> bool:
        """The exchange has said this, and to wait; whether things go slower from now on."""
        if wait_s:
            for _, gate in self._connect_gates.values():
                gate.block(wait_s, now)
        return self._exchange.refuses_rate(answer) and self.adjustment.notify(now)

    def status(self, lanes: Iterable[LaneFigures], now: float) -> RateLimiterStatus:
        """Everything in figures."""
        lanes = tuple(lanes)
        gates = [lane.gate for lane in lanes]
        connects = [gate for _, gate in self._connect_gates.values()]
        ratio = self.adjustment.ratio(now)
        tokens = [gate.budget.free(now) for gate in gates or [self.message_gate()]]
        limits = self.strategy.of_subscriptions(self._exchange.message_limits)
        return {
            "enabled": self._is_enabled,
            "strategy": self.strategy.name,
            "ratio": ratio,
            "effective_rate": ratio * min(limit.count / limit.window_s for limit in limits),
            "tokens": min(tokens),
            "next_available_in": max((_wait_s(gate, now) for gate in gates), default=0.0),
            "stats": {
                "total_messages": sum(lane.messages for lane in lanes),
                "connections": sum(lane.connects for lane in lanes),
                "waits": sum(gate.waits for gate in (*gates, *connects)),
                "errors": self.adjustment.errors,
                "failures": sum(gate.failures for gate in (*gates, *connects)),
            },
            "lanes": [
                {
                    "endpoint": lane.endpoint,
                    "total_messages": lane.messages,
                    **_figures(lane.gate, now),
                }
                for lane in lanes
            ],
            "connects": [
                {
                    "scope": "address" if endpoint is Endpoint.PUBLIC else "keys",
                    **_figures(gate, now),
                }
                for endpoint, gate in self._connect_gates.values()
            ],
        }

    def _message_budget(self) -> Budget:
        if not self._is_enabled:
            return Budget(Unlimited())
        limits = self._exchange.message_limits
        return Budget(
            Limiter(self.strategy.whole(limits)),
            subscriptions=Limiter(self.strategy.of_subscriptions(limits)),
            adjustment=self.adjustment,
        )

    def _connect_budget(self, name: str) -> Budget:
        if not self._is_enabled:
            return Budget(Unlimited())
        limits = self._exchange.connect_limits
        lease = Lease(
            self.strategy.whole(limits),
            notes=self._notes,
            name=name,
            most=max(limit.count for limit in limits),
        )
        return Budget(lease, adjustment=self.adjustment)


def _wait_s(gate: Gate[Hashable], now: float) -> float:
    return max(0.0, gate.budget.free_at(Priority.SUBSCRIPTION, now) - now)


def _figures(gate: Gate[Hashable], now: float) -> GateStatus:
    return {
        "waiting": len(gate),
        "tokens": gate.budget.free(now),
        "next_available_in": _wait_s(gate, now),
        "waits": gate.waits,
        "failures": gate.failures,
    }
