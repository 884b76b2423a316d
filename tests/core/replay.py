"""Wishes at their times, played to one connection until each has become a message."""

from collections import deque
from dataclasses import dataclass, field
from random import Random

from tickwire.core.actions import Action, Open, Ping, Send
from tickwire.core.budget import Budget
from tickwire.core.connection import Connection, Timing
from tickwire.core.gate import Gate
from tickwire.core.interest import SubscriptionChange
from tickwire.core.limiter import Limit, Limiter
from tickwire.core.subscriptions import SubscriptionManager
from tickwire.subscription import Stream

__all__ = ["UPBIT", "Replay", "Request"]

UPBIT = (Limit(5, 1.0), Limit(100, 60.0))

Request = tuple[float, str, tuple[Stream, ...]]
"""When which component asks for what, in place of what it asked for before."""


@dataclass
class Replay:
    """Components, their merged wishes and one connection; time jumps from event to event."""

    limiter: Limiter
    debounce_s: float = 0.1
    sent: list[tuple[float, set[Stream]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.now = 0.0
        self.interest = SubscriptionManager(self._changed)
        self.connection = Connection(
            timing=Timing(debounce_s=self.debounce_s),
            random=Random(1),
            connect_gate=Gate(lambda: Budget(Limiter((Limit(5, 1.0),)))),
            message_gate=Gate(lambda: Budget(self.limiter)),
            begins_with_data=lambda data_type: True,
        )

    def _changed(self, change: SubscriptionChange) -> None:
        self.connection.want(change.added, change.removed, self.now)

    def run(self, requests: list[Request], until_s: float) -> None:
        """Every socket opens, every message goes out and brings its data, in no time."""
        left = deque(sorted(requests))
        while self.now <= until_s:
            while left and left[0][0] <= self.now:
                _, component, streams = left.popleft()
                self.interest.replace(component, streams)
            actions, wake_at = self.connection.poll(self.now)
            for action in actions:
                self._perform(action)
            if not actions:
                moments = [left[0][0]] if left else []
                moments += [] if wake_at is None else [wake_at]
                assert all(moment > self.now for moment in moments), "time stands still"
                self.now = min(moments, default=float("inf"))

    def _perform(self, action: Action) -> None:
        match action:
            case Open():
                self.connection.opened(self.now)
            case Ping():
                self.connection.ponged(self.now)
            case Send(plan):
                self.sent.append((self.now, set(plan.streams)))
                self.connection.sent(plan, self.now)
                for stream in plan.streams:
                    self.connection.proved(stream, self.now)
            case _:
                raise AssertionError(f"not in any timeline: {action}")
