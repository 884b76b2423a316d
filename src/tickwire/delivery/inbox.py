"""The inbox of one component: events in order, bounded, for one consumer.

Two buffers. What came with the last read of the socket is `fresh`; a consumer that keeps up
takes it from there, and nothing else happens. When the next read comes and finds fresh events
still lying there, the consumer lags: they are folded into `waiting`, where each type's overflow
policy holds. So conflation costs nothing, and changes nothing, until somebody is slow.

    frames of one read ──▶ fresh ──(next read comes first)──▶ waiting ──▶ consumer
                             └────────(consumer keeps up)────────────────▶
"""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from itertools import count
from types import MethodType
from typing import Any, Protocol

import msgspec

from tickwire.control import ControlEvent, Lagged
from tickwire.delivery.overflow import NEVER_DROP, OVERFLOW, Conflate, DropOldest
from tickwire.errors import SlowConsumer
from tickwire.events import BaseWebSocketEvent
from tickwire.subscription import DataType

__all__ = ["Ended", "Handler", "Inbox", "InboxStatistics", "Item", "identity_of"]

Handler = Callable[[Any], Any]


class Ended(Exception):
    """The inbox was closed in the ordinary way, and everything in it has been taken."""


class Wish(Protocol):
    """What an event is here for."""

    @property
    def active(self) -> bool:
        """Whether it still stands; with a wish that was withdrawn goes what waits for it."""


class Item(msgspec.Struct, frozen=True):
    """An event on its way, with the handler it is for (`None`: whoever iterates)."""

    event: BaseWebSocketEvent | ControlEvent
    held: Callable[[], Handler | None] | None = None
    """Gives the handler, which may be collected while the event waits."""
    in_batches: bool = False
    """Whether the handler takes a list of events."""
    wish: Wish | None = None

    @property
    def is_control(self) -> bool:
        """Whether this is news about the data rather than data."""
        return isinstance(self.event, ControlEvent)


@dataclass(frozen=True)
class InboxStatistics:
    """What went through an inbox: `put` is all up to `pending` together, to the unit.

    All of these count data; `withdrawn` is what waited for a wish that was withdrawn then.
    `control` counts the control events put, which are never given up; `most_pending` is the most,
    of either, that a read of the socket found still lying here.
    """

    put: int
    taken: int
    conflated: int
    dropped: int
    withdrawn: int
    pending: int
    control: int
    most_pending: int


class Inbox:
    """A bounded, ordered buffer with a cursor that only its consumer moves."""

    def __init__(
        self, component_id: str, *, lagged: Callable[[Lagged], Item | None] = lambda _: None
    ) -> None:
        """`lagged` makes the item that tells the consumer of a loss, or tells it elsewhere."""
        self._component_id = component_id
        self._lagged = lagged
        self._fresh: deque[Item] = deque()
        self._waiting: OrderedDict[Hashable, Item] = OrderedDict()
        self._kept: dict[str, deque[int]] = {}
        self._serial = count()
        self._read = -1
        self._losses: Counter[str] = Counter()
        self._wakeup: asyncio.Future[None] | None = None
        self._ended: BaseException | None = None
        self._put = self._taken = self._conflated = self._dropped = self._most_pending = 0
        self._withdrawn = self._control = self._control_taken = 0

    def __repr__(self) -> str:
        return f"<Inbox of {self._component_id!r}: {len(self)} pending, {self._taken} taken>"

    def __len__(self) -> int:
        return len(self._fresh) + len(self._waiting)

    @property
    def ended(self) -> BaseException | None:
        """What it was ended with, if it was."""
        return self._ended

    # --- the producer's side ------------------------------------------------------------------

    def put(self, item: Item, read: int) -> None:
        """Add an event that came with this read of the socket."""
        if self._ended is not None:
            return
        if read != self._read:
            self._read = read
            # Whoever waits here, or was woken and has not had its turn yet, does not lag.
            if self._fresh and self._wakeup is None:
                self._fold()
        self._fresh.append(item)
        if item.is_control:
            self._control += 1
        else:
            self._put += 1
        wakeup = self._wakeup
        if wakeup is not None and not wakeup.done():
            wakeup.set_result(None)

    def end(self, reason: BaseException | None = None) -> None:
        """Accept nothing more; the consumer gets `reason` once it has taken what is here."""
        if self._ended is None:
            self._ended = reason or Ended()
            if self._wakeup is not None and not self._wakeup.done():
                self._wakeup.set_result(None)

    # --- the consumer's side ------------------------------------------------------------------

    def take_nowait(self) -> Item | None:
        """The next event, or `None`."""
        if self._losses and (told := self._tell_loss()) is not None:
            return told
        item = self._head()
        if item is None:
            return None
        self._pop()
        if item.is_control:
            self._control_taken += 1
        else:
            self._taken += 1
        return item

    async def take(self) -> Item:
        """The next event, waiting for it; raises what the inbox was ended with."""
        while (item := self.take_nowait()) is None:
            if self._ended is not None:
                raise self._ended.with_traceback(None)  # which would hold whoever took before
            self._wakeup = asyncio.get_running_loop().create_future()
            try:
                await self._wakeup
            finally:
                self._wakeup = None
        return item

    def take_more(self, like: Item) -> list[BaseWebSocketEvent]:
        """What lies next and is for the same handler, up to the first item that is not."""
        found: list[BaseWebSocketEvent] = []
        while (item := self._next()) is not None:
            if _goes_to(item) != _goes_to(like):
                break
            self.take_nowait()
            assert not isinstance(item.event, ControlEvent)
            found.append(item.event)
        return found

    def _next(self) -> Item | None:
        """What would be taken next; `None` as well where a loss is to be told first."""
        return None if self._losses else self._head()

    def _head(self) -> Item | None:
        """The first item whose wish still stands; those before it are gone."""
        while True:
            if self._waiting:
                item = next(iter(self._waiting.values()))
            elif self._fresh:
                item = self._fresh[0]
            else:
                return None
            if item.wish is None or item.wish.active:
                return item
            self._pop()
            self._withdrawn += 1

    def _pop(self) -> None:
        if not self._waiting:
            self._fresh.popleft()
            return
        key, item = self._waiting.popitem(last=False)
        if isinstance(key, int):
            self._kept[_kind(item)].popleft()

    def statistics(self) -> InboxStatistics:
        """What went through so far."""
        return InboxStatistics(
            put=self._put,
            taken=self._taken,
            conflated=self._conflated,
            dropped=self._dropped,
            withdrawn=self._withdrawn,
            pending=len(self) - (self._control - self._control_taken),
            control=self._control,
            most_pending=max(self._most_pending, len(self)),
        )

    # --- lagging ------------------------------------------------------------------------------

    def _fold(self) -> None:
        self._most_pending = max(self._most_pending, len(self))
        while self._fresh:
            item = self._fresh.popleft()
            kind = _kind(item)
            policy = OVERFLOW.get(kind, NEVER_DROP)
            if isinstance(policy, Conflate):
                event = item.event
                assert isinstance(event, BaseWebSocketEvent)
                key = (event.stream, *_goes_to(item))
                if self._waiting.pop(key, None) is not None:
                    self._conflated += 1
                self._waiting[key] = item
                continue
            serial = next(self._serial)
            kept = self._kept.setdefault(kind, deque())
            kept.append(serial)
            self._waiting[serial] = item
            if len(kept) > policy.limit:
                if isinstance(policy, DropOldest):
                    del self._waiting[kept.popleft()]
                    self._dropped += 1
                    self._losses[kind] += 1
                else:
                    self.end(SlowConsumer(self._component_id, len(kept), policy.limit))

    def _tell_loss(self) -> Item | None:
        kind, dropped = self._losses.popitem()
        return self._lagged(Lagged(DataType(kind), dropped))


def _kind(item: Item) -> str:
    """The type of a data event; the empty text for control events, which are never dropped."""
    event = item.event
    return "" if isinstance(event, ControlEvent) else event.stream.type


def _goes_to(item: Item) -> tuple[Hashable, bool]:
    """What is the same for all events that one handler gets in one way."""
    return identity_of(None if item.held is None else item.held()), item.in_batches


def identity_of(handler: Handler | None) -> Hashable:
    """What tells handlers apart, hashable or not; a bound method is another object every time."""
    if isinstance(handler, MethodType):
        # By its parts, not as it is: whoever keeps this must not keep the owner.
        return id(handler.__self__), id(handler.__func__)
    try:
        hash(handler)
    except TypeError:
        return id(handler)
    return handler
