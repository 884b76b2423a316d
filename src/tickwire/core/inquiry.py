"""Asking what the exchange serves on a connection: who waits, for what, and for how long.

The wire can be asked what it is subscribed to. The question takes a slot like any message, so it
is merged like wishes are: everybody who waits when it goes out gets its answer. What was said last
is remembered with it, because an answer tells of the moment at which the question arrived.
"""

from collections.abc import Hashable
from dataclasses import dataclass

from tickwire.core.exchange import Listed
from tickwire.core.gate import MAX_WAIT_S, Gate
from tickwire.core.planner import Plan
from tickwire.errors import RateLimitTimeout, TransportError
from tickwire.subscription import Stream

__all__ = ["Answer", "Inquiry", "Reply"]

_REPLY_S = 3.0
"""How long one waits for the exchange."""


@dataclass(frozen=True)
class Reply:
    """What the exchange served when it was asked, and what the message before had named.

    Of those in `once` a snapshot had been asked for on the connection, so they may be in it.
    """

    served: frozenset[Stream]
    said: frozenset[Stream]
    once: frozenset[Stream] = frozenset()


@dataclass(frozen=True)
class Answer:
    """To be told to these askers: the reply, or why there is none."""

    askers: tuple[Hashable, ...]
    outcome: Reply | Exception


@dataclass(frozen=True)
class _Question:
    askers: tuple[Hashable, ...]
    said: frozenset[Stream]
    once: frozenset[Stream]
    until: float


class Inquiry:
    """The questions of one connection. Askers are whatever tells one from another."""

    def __init__(self, gate: Gate[Hashable]) -> None:
        self._gate = gate
        self._waiting: dict[Hashable, None] = {}
        self._open: dict[str, _Question] = {}
        """By ticket, in the order in which they went out."""
        self._said: frozenset[Stream] = frozenset()
        self._said_once: frozenset[Stream] = frozenset()

    @property
    def next_overdue_at(self) -> float:
        """When the first open question has waited too long."""
        return min((each.until for each in self._open.values()), default=float("inf"))

    def join(self, asker: Hashable, now: float) -> None:
        """Somebody wants to know."""
        self._waiting[asker] = None
        self._gate.join(asker, now, max_wait_s=MAX_WAIT_S)

    def leave(self, asker: Hashable) -> None:
        """Somebody does not wait for a slot any more."""
        self._waiting.pop(asker, None)
        self._gate.leave(asker)

    def said(self, plan: Plan) -> None:
        """A message has gone out: this is what the exchange is to serve from now on."""
        self._said = plan.streams
        self._said_once |= frozenset(plan.once)

    def sent(self, ticket: str, now: float) -> None:
        """The question has gone out."""
        askers = self._leave_all()
        self._open[ticket] = _Question(askers, self._said, self._said_once, now + _REPLY_S)

    def is_of_now(self, reply: Reply) -> bool:
        """Whether no message has gone out since the question."""
        return reply.said is self._said

    def answered(self, listed: Listed) -> Answer | None:
        """A reply has come; `None` if it is to no question that is open.

        Replies come in the order of the questions, so one without a ticket is to the oldest.
        """
        ticket = listed.ticket or next(iter(self._open), "")
        question = self._open.pop(ticket, None)
        if question is None:
            return None
        return Answer(question.askers, Reply(listed.streams, question.said, question.once))

    def overdue(self, now: float) -> list[Answer]:
        """Those who have waited too long, with the error that says for what."""
        answers = []
        late = self._gate.late(now)
        if late:
            for asker in late:
                self._waiting.pop(asker, None)
            error = RateLimitTimeout("LIST_SUBSCRIPTIONS", MAX_WAIT_S)
            answers.append(Answer(tuple(late), error))
        for ticket in [ticket for ticket, each in self._open.items() if each.until <= now]:
            reason = f"the exchange did not answer LIST_SUBSCRIPTIONS within {_REPLY_S:g} s"
            answers.append(Answer(self._open.pop(ticket).askers, TimeoutError(reason)))
        return answers

    def lost(self, reason: str) -> Answer | None:
        """The connection is gone, and every question with it; `None` if nobody had any."""
        asked = [asker for question in self._open.values() for asker in question.askers]
        self._open.clear()
        self._said = self._said_once = frozenset()
        askers = (*asked, *self._leave_all())
        error = TransportError(f"the connection was lost before it answered: {reason}")
        return Answer(askers, error) if askers else None

    def _leave_all(self) -> tuple[Hashable, ...]:
        askers = tuple(self._waiting)
        for asker in askers:
            self.leave(asker)
        return askers
