"""Defects to plant, each with the invariant by which it should be found: so the rest can fail."""

from collections.abc import Callable, Collection, Container, Hashable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from itertools import count
from typing import Any
from unittest.mock import patch

from tickwire.components import Components
from tickwire.core import connection, pending, rate_limiter
from tickwire.core.actions import Answer, Send
from tickwire.core.backoff import Backoff
from tickwire.core.budget import Budget
from tickwire.core.exchange import Listed
from tickwire.core.inquiry import Reply
from tickwire.core.ledger import Ledger
from tickwire.core.limiter import Limit, Limiter, Unlimited
from tickwire.core.listing import Verification
from tickwire.core.planner import Plan, plan
from tickwire.core.rate_limiter import RateLimiter
from tickwire.core.subscriptions import SubscriptionManager
from tickwire.delivery.carrier import Carrier
from tickwire.delivery.hub import DataProcessor
from tickwire.delivery.inbox import Inbox, Item
from tickwire.delivery.route import Route
from tickwire.errors import TransportError
from tickwire.events import BaseWebSocketEvent, OrderbookEvent
from tickwire.exchanges.upbit.rules import MESSAGE_LIMITS
from tickwire.hot import Source
from tickwire.manager import WebSocketManager
from tickwire.subscription import Stream
from tickwire.transport import supervisor
from tickwire.transport.supervisor import Supervisor

__all__ = ["PLANTED"]


class LostUpdate(connection.Connection):
    """Looks at the state when the wait begins, and takes what comes during it for merged."""

    _captured: tuple[Stream, ...] = ()

    def want(self, *changes: Any, **more: Any) -> None:
        is_first = self._pending._changed_at is None
        super().want(*changes, **more)
        if is_first:
            self._captured = tuple(self.ledger.desired)

    def _send_if_due(self, now: float) -> None:
        before = len(self._outbox)
        super()._send_if_due(now)
        if self._captured and any(isinstance(each, Send) for each in self._outbox[before:]):
            self._outbox[-1] = Send(plan(self._captured, (), ()))

    def sent(self, *sent: Any, **about: Any) -> None:
        ledger = self.ledger
        taken = plan(ledger.desired or sent[0].streams, ledger.sent, ledger.alive)
        super().sent(taken, *sent[1:], **about)


class TokenBucket(Limiter):
    """Refills by its rate, so that a burst and what has grown meanwhile fit into one second."""

    def __init__(self, limits: Sequence[Limit], **margins: float) -> None:
        super().__init__(limits, **margins)
        self._tokens = [(float(limit.count), 0.0) for limit in limits]

    def _filled(self, now: float) -> list[float]:
        return [
            min(limit.count, tokens + max(0.0, now - at) * limit.count / limit.window_s)
            for limit, (tokens, at) in zip(self.limits, self._tokens, strict=True)
        ]

    def free(self, now: float, ratio: float = 1.0) -> int:
        return int(min(self._filled(now)))

    def free_at(self, ratio: float = 1.0) -> float:
        return max(
            at + max(0.0, 1 - tokens) * limit.window_s / limit.count + 1e-9
            for limit, (tokens, at) in zip(self.limits, self._tokens, strict=True)
        )

    def take(self, now: float, ratio: float = 1.0) -> bool:
        filled = self._filled(now)
        if min(filled) < 1:
            return False
        self._tokens = [(tokens - 1, now) for tokens in filled]
        self.granted += 1
        return True


class BareWindows(Limiter):
    """Uses all there is, and forgets that the network squeezes together what was sent apart."""

    def __init__(self, limits: Sequence[Limit]) -> None:
        super().__init__(MESSAGE_LIMITS, margin_s=0.0)


def _as_wished(
    desired: Collection[Stream],
    sent: Collection[Stream],
    live: Container[Stream],
    *priorities: Any,
    **more: Any,
) -> Plan:
    """A plan in the order of the wishes."""
    made = plan(desired, sent, live, *priorities, **more)
    order = list(desired)
    return replace(
        made,
        fresh=tuple(sorted(made.fresh, key=order.index)),
        live=tuple(sorted(made.live, key=order.index)),
    )


def _compared_late(self: connection.Connection, listed: Listed) -> None:
    """An answer is taken for one about whatever has been sent by the time that it comes."""
    answer = self._inquiry.answered(listed)
    if answer is not None and isinstance(answer.outcome, Reply):
        late = replace(answer.outcome, said=self._inquiry._said)
        self._outbox.append(Answer(answer.askers, late))


@contextmanager
def _punished_for_errors() -> Iterator[None]:
    """The exchange objects, and somebody who is not to blame loses what they asked for."""
    kept: list[SubscriptionManager] = []
    make, refused = SubscriptionManager.__init__, Supervisor._refused

    def made(self: SubscriptionManager, *arguments: Any, **named: Any) -> None:
        make(self, *arguments, **named)
        kept.append(self)

    def punished(self: Supervisor, refusal: Any) -> None:
        refused(self, refusal)
        for component_id in sorted(kept[0]._wishes)[:1]:
            kept[0].replace(component_id, ())

    with (
        patch.object(SubscriptionManager, "__init__", made),
        patch.object(Supervisor, "_refused", punished),
    ):
        yield
    kept.clear()


def _ungrouped(process: Callable[..., list[Stream]]) -> Callable[..., list[Stream]]:
    """Order books go to whoever wants the book, in whatever grouping."""

    def processed(
        self: DataProcessor,
        lane: Hashable,
        events: list[BaseWebSocketEvent],
        received: int,
        alive: Container[Stream],
    ) -> list[Stream]:
        return process(self, lane, [_ungrouped_one(event) for event in events], received, alive)

    return processed


def _ungrouped_one(event: BaseWebSocketEvent) -> BaseWebSocketEvent:
    stream = Stream(event.stream.type, event.stream.symbol)
    return type(event)._of(Source(event._layout, stream), event._body)


def _forgetful(put: Callable[..., None]) -> Callable[..., None]:
    """An inbox that loses one event in fifty."""
    events = count()

    def kept(self: Inbox, item: Item, read: int) -> None:
        if next(events) % 50:
            put(self, item, read)

    return kept


def _first_of(last: Any) -> property:
    """The first event of a stream is kept for its last."""

    def keep(self: Route, event: BaseWebSocketEvent | None) -> None:
        if getattr(self, "last", None) is None:
            last.__set__(self, event)

    return property(last.__get__, keep)


def _nothing(*facts: Any) -> None:
    """Instead of doing it."""


def _crashed(*facts: Any) -> None:
    raise ZeroDivisionError


def _deaf_but_for_the_first(send: Callable[..., None]) -> Callable[..., None]:
    """All connections but the first say no more than they have to begin with."""

    def sent(self: Supervisor, plan: Plan) -> None:
        if self.number > 1 and self.connection.ledger.sent:
            self.connection.sent(plan, self._world.clock.now())
        else:
            send(self, plan)

    return sent


def _lingering(
    self: connection.Connection,
    *,
    timing: connection.Timing,
    make: Callable[..., None] = connection.Connection.__init__,
    **more: Any,
) -> None:
    make(self, timing=replace(timing, linger_s=1e9), **more)


def _agrees(*facts: Any) -> Verification:
    return Verification(frozenset(), frozenset())


def _insistent(send: Callable[..., None]) -> Callable[..., None]:
    """A send that fails is too much for the connection."""

    def sent(self: Supervisor, plan: Plan) -> None:
        send(self, plan)
        if self._transport is None:
            raise TransportError("nobody expected this")

    return sent


def _without_gate(self: RateLimiter, name: str) -> Budget:
    return Budget(Unlimited())


async def _failed(*facts: Any) -> None:
    raise KeyError(facts[-1])


async def _unanswered(*facts: Any) -> dict[str, BaseWebSocketEvent]:
    return {}


_Plant = Callable[[], AbstractContextManager[Any]]

PLANTED: dict[str, tuple[tuple[str, ...], _Plant]] = {
    "a lost update": (("I2", "I3"), lambda: patch.object(supervisor, "Connection", LostUpdate)),
    "a token bucket": (("I1",), lambda: patch.object(rate_limiter, "Limiter", TokenBucket)),
    "windows without a margin": (
        ("I1",),
        lambda: patch.object(rate_limiter, "Limiter", BareWindows),
    ),
    "blocks kept to oneself": (("I1",), lambda: patch.object(Limiter, "block", _nothing)),
    "connects without a gate": (
        ("I1",),
        lambda: patch.object(RateLimiter, "_connect_budget", _without_gate),
    ),
    "attempts without a wait": (
        ("I14",),
        lambda: patch.object(Backoff, "delay_s", lambda self, failures, random: 0.0),
    ),
    "answers compared too late": (
        ("I2",),
        lambda: patch.object(connection.Connection, "listed", _compared_late),
    ),
    "second connections that stay as they begin": (
        ("I2",),
        lambda: patch.object(Supervisor, "_send", _deaf_but_for_the_first(Supervisor._send)),
    ),
    "connections kept for nobody": (
        ("I2",),
        lambda: patch.object(connection.Connection, "__init__", _lingering),
    ),
    "verification that always agrees": (
        ("I2",),
        lambda: patch.object(connection.Connection, "verify", _agrees),
    ),
    "sends that must not fail": (
        ("I16",),
        lambda: patch.object(Supervisor, "_send", _insistent(Supervisor._send)),
    ),
    "messages in the order of wishes": (
        ("I4",),
        lambda: patch.object(pending, "plan", _as_wished),
    ),
    "handlers that stay": (
        ("I5",),
        lambda: patch.object(Components, "_disconnect", _nothing),
    ),
    "a leaking inbox": (("I5",), lambda: patch.object(Inbox, "put", _forgetful(Inbox.put))),
    "wishes of the dead": (("I6",), lambda: patch.object(Components, "_forget", _nothing)),
    "punishment for errors": (("I7",), _punished_for_errors),
    "books that are not cut": (
        ("I8",),
        lambda: patch.object(OrderbookEvent, "cut_to", lambda self, depth: self),
    ),
    "answers to everybody": (
        ("I5",),
        lambda: patch.object(Route, "_is_newer", lambda self, event: True),
    ),
    "old events handed over": (
        ("I5",),
        lambda: patch.object(Route, "last", _first_of(Route.__dict__["last"])),
    ),
    "shallow books taken for deep ones": (
        ("I8",),
        lambda: patch.object(Carrier, "reaches", lambda self, depth: True),
    ),
    "a lane that crashes": (("I16",), lambda: patch.object(Route, "drop", _crashed)),
    "nobody can be taken out": (
        ("I16",),
        lambda: patch.object(WebSocketManager, "unregister_component", _failed),
    ),
    "snapshots of nothing": (
        ("I16",),
        lambda: patch.object(WebSocketManager, "_snapshots_of", _unanswered),
    ),
    "snapshots in every message": (
        ("I3",),
        lambda: patch.object(Ledger, "unasked", property(lambda self: tuple(self.once))),
    ),
    "groupings taken for one": (
        ("I8",),
        lambda: patch.object(DataProcessor, "process", _ungrouped(DataProcessor.process)),
    ),
}
"""By name: the invariants that would find it, and what plants it."""
