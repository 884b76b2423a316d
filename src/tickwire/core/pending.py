"""The pending state, which the project exists for: when the next message may go, and what it says.

Changes only mark the desired set as different from what was sent. When the debounce is over *and*
the limiter has a slot, the plan is made from the set as it is at that moment. There is no queue, so
a hundred changes made during the wait become one message, and a change undone during the wait none.
"""

from collections.abc import Callable, Hashable, Mapping

from tickwire.core.actions import Ask, Send
from tickwire.core.budget import Priority
from tickwire.core.gate import Gate
from tickwire.core.ledger import Ledger
from tickwire.core.planner import Plan, plan
from tickwire.core.record import Record
from tickwire.subscription import Stream

__all__ = ["Pending"]

_SUBSCRIPTION = "subscription"
"""Who waits at the gate for the message that says what is wanted."""


class Pending:
    """What waits for its message on one connection: a difference, and since when."""

    def __init__(
        self,
        ledger: Ledger,
        gate: Gate[Hashable],
        record: Record,
        *,
        debounce_s: float,
        priorities: Callable[[], Mapping[Stream, int]],
    ) -> None:
        self._ledger = ledger
        self._gate = gate
        self._record = record
        self._debounce_s = debounce_s
        self._priorities = priorities
        self._changed_at: float | None = None

    def __repr__(self) -> str:
        return f"<Pending {self._ledger!r}>"

    def changed(self, now: float) -> None:
        """Something differs from what was sent; the debounce runs from the first such moment."""
        if self._changed_at is None:
            self._changed_at = now

    def take(self, now: float) -> Send | Ask | None:
        """What goes out now, if anything may; it has its slot and must be sent at once."""
        ledger = self._ledger
        if not ledger.is_dirty:
            if self._changed_at is not None:
                self._record.settled(is_noop=ledger.desired == ledger.sent)
            self._changed_at = None
            self._gate.leave(_SUBSCRIPTION)
        elif self.debounced_at(now) is not None:
            return None  # A question waits too, or its answer would lack what is asked for next.
        else:
            self._gate.join(_SUBSCRIPTION, now, Priority.SUBSCRIPTION)
        turn = self._gate.serve(now)
        if turn is None:
            return None
        return Send(self._plan()) if turn == _SUBSCRIPTION else Ask()

    def _plan(self) -> Plan:
        ledger = self._ledger
        return plan(
            ledger.desired,
            ledger.sent,
            ledger.live,
            self._priorities(),
            once=ledger.unasked,
            depths=ledger.depths,
        )

    def debounced_at(self, now: float) -> float | None:
        """When the debounce is over; `None` if there is none now."""
        if self._changed_at is None or not self._ledger.is_dirty:
            return None
        over_at = self._changed_at + self._debounce_s
        return over_at if now < over_at else None

    def look_at(self, now: float) -> float | None:
        """When to ask again; `None` if nothing waits."""
        debounced_at = self.debounced_at(now)
        return self._gate.next_at(now) if debounced_at is None else debounced_at

    def sent(self, now: float) -> None:
        """The message has gone out."""
        self._changed_at = None
        self._gate.used(Priority.SUBSCRIPTION, now)

    def asked(self, now: float) -> None:
        """The question has gone out."""
        self._gate.used(Priority.REQUEST, now)

    def reset(self) -> None:
        """The connection is gone; everything differs now, and waits for the next one."""
        self._changed_at = None
        self._gate.leave(_SUBSCRIPTION)
