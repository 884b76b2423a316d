"""Runs one connection: performs what it decides, and tells it what came of that.

This is the only long-running loop between the wishes and the wire. It decides nothing: decisions
are made in `core.connection`, bytes are read and written by the exchange adapter, and who gets an
event is the business of the reader that was handed in.
"""

import asyncio
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from tickwire.control import ControlEvent
from tickwire.core.actions import (
    Action,
    Answer,
    Ask,
    Confirmed,
    Drop,
    Lost,
    Open,
    Ping,
    Query,
    Restored,
    Send,
)
from tickwire.core.connection import Connection, Timing
from tickwire.core.exchange import Endpoint, Exchange, Listed, Refusal
from tickwire.core.explanation import Carried
from tickwire.core.inquiry import Reply
from tickwire.core.listing import Listing, Verification
from tickwire.core.planner import Plan
from tickwire.core.rate_limiter import LaneFigures, RateLimiter
from tickwire.core.record import Latency
from tickwire.core.states import ConnectionState
from tickwire.errors import HandshakeRefused, TransportError
from tickwire.subscription import Stream, Terms
from tickwire.transport.intake import Intake, Reader
from tickwire.transport.teller import Teller
from tickwire.world import Transport, World

__all__ = ["LaneStatistics", "Supervisor"]

_LEAST_WAIT_S = {429: 1.0, 418: 60.0}
"""The wait after a refused handshake, when the exchange does not state one."""


@dataclass(frozen=True)
class LaneStatistics:
    """One connection in figures: its state now, and counts since the start.

    `noop_flushes` are changes that were undone before they were said, `latency` how long the
    others took, and `bytes_sent` those of the subscription messages.
    """

    endpoint: str
    state: str
    epoch: int
    desired: int
    alive: int
    messages_sent: int
    bytes_sent: int
    noop_flushes: int
    latency: Latency
    inquiries: int
    mismatches: int
    connects: int
    outages: int
    frames: int
    bytes: int
    round_trip_s: float | None


class Supervisor:
    """One lane: a connection to one endpoint, with its socket and its loop."""

    def __init__(
        self,
        *,
        endpoint: Endpoint,
        number: int,
        exchange: Exchange,
        reader: Reader,
        world: World,
        timing: Timing,
        rate_limiter: RateLimiter,
        progressed: Callable[[], None],
        query: Callable[["Supervisor", tuple[Stream, ...]], object],
        priorities: Callable[[], Mapping[Stream, int]] = dict,
    ) -> None:
        self.endpoint = endpoint
        self.number = number
        """The how manieth lane of this endpoint it is."""
        self.slots: dict[Hashable, Stream] = {}
        """The slots this lane carries; kept by whoever assigns streams to lanes."""
        self.connection = Connection(
            timing=timing,
            random=world.random,
            connect_gate=rate_limiter.connect_gate(endpoint),
            message_gate=rate_limiter.message_gate(),
            begins_with_data=exchange.begins_with_data,
            priorities=priorities,
        )
        self._exchange = exchange
        self._reader = reader
        self._intake = Intake(self, exchange, reader, is_public=endpoint is Endpoint.PUBLIC)
        self._teller = Teller(endpoint, self._tell)
        self._rate_limiter = rate_limiter
        self._world = world
        self._progressed = progressed
        self._query = query
        self._wake = asyncio.Event()
        self._transport: Transport | None = None
        self._opening: asyncio.Task[None] | None = None
        self._epoch: _Epoch | None = None
        self._refused_epoch = 0
        self._carried: frozenset[Stream] = frozenset()
        self._left: set[Stream] = set()
        self._replies: set[asyncio.Future[Reply]] = set()
        self._inquiries = self._connects = self._outages = 0

    def __repr__(self) -> str:
        return f"<Supervisor {self.endpoint}: {self.connection!r}>"

    # --- what the manager does ----------------------------------------------------------------

    def want(
        self,
        added: Iterable[Stream],
        removed: Iterable[Stream],
        *,
        altered: Mapping[Stream, Terms] = MappingProxyType({}),
    ) -> None:
        """The streams that this lane should carry have changed, or what part of some is wanted."""
        self.connection.want(added, removed, self._world.clock.now(), altered=altered)
        self._wake.set()

    def answered(self, epoch: int, unknown: Iterable[Stream], quiet: Iterable[Stream]) -> None:
        """What was found out about silent streams, unless the connection is another by now."""
        if epoch == self.connection.epoch and self.connection.state.is_open:
            self.connection.answered(unknown, quiet, self._world.clock.now())
            self._wake.set()

    async def list_subscriptions(self) -> Listing:
        """What the exchange says it serves here, for an open connection.

        Raises `TimeoutError`, `RateLimitTimeout`, or `TransportError` if it is lost meanwhile.
        """
        return Listing(self.endpoint, (await self._reply()).served)

    async def verify_subscriptions(self) -> Verification:
        """Compare that with what was sent, and let the connection repair what differs."""
        reply = await self._reply()
        found = self.connection.verify(reply, self._world.clock.now())
        if found.missing or found.extra:
            self._teller.differs(found)
        self._wake.set()
        return found

    async def _reply(self) -> Reply:
        if not self.connection.state.is_open:
            raise TransportError("the connection is not open")
        reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._replies.add(reply)
        self.connection.ask(reply, self._world.clock.now())
        self._wake.set()
        try:
            return await reply
        finally:
            self._replies.discard(reply)
            self.connection.ask_no_more(reply)

    def carried(self, stream: Stream) -> Carried:
        """What has become of a stream that is wanted here, and what it waits for."""
        return self.connection.carried(stream, self._world.clock.now())

    def stop(self) -> None:
        """Close for good; `run` ends."""
        self.connection.stop()
        self._wake.set()

    def statistics(self) -> LaneStatistics:
        """This lane in figures."""
        connection = self.connection
        return LaneStatistics(
            endpoint=self.endpoint,
            state=connection.state,
            epoch=connection.epoch,
            desired=len(connection.ledger.desired),
            alive=len(connection.ledger.alive),
            messages_sent=connection.record.messages,
            bytes_sent=connection.record.bytes,
            noop_flushes=connection.record.noop_flushes,
            latency=connection.record.latency,
            inquiries=self._inquiries,
            mismatches=connection.mismatches,
            connects=self._connects,
            outages=self._outages,
            frames=self._intake.frames,
            bytes=self._intake.bytes,
            round_trip_s=connection.round_trip_s,
        )

    def limited(self) -> LaneFigures:
        """What this lane has to do with limits."""
        connection = self.connection
        messages = connection.record.messages + self._inquiries
        return LaneFigures(self.endpoint, connection.gate, messages, self._connects)

    # --- the loop -----------------------------------------------------------------------------

    async def run(self) -> None:
        """Run until stopped or cancelled; leaves no socket and no task behind."""
        clock = self._world.clock
        try:
            async with asyncio.TaskGroup() as group:
                while self.connection.state is not ConnectionState.CLOSED:
                    self._wake.clear()
                    actions, wake_at = self.connection.poll(clock.now())
                    for action in actions:
                        self._perform(action, group)
                    timer = None if wake_at is None else clock.call_at(wake_at, self._wake.set)
                    try:
                        await self._wake.wait()
                    finally:
                        if timer is not None:
                            timer.cancel()
                self._drop(politely=True)
        finally:
            self._drop(politely=True)
            self._answer(self._replies, TransportError("the connection was closed"))

    def _perform(self, action: Action, group: asyncio.TaskGroup) -> None:
        match action:
            case Send(plan):
                self._send(plan)
            case Open(epoch):
                name = f"tickwire: connect {self.endpoint} #{epoch}"
                self._opening = group.create_task(self._open(), name=name)
            case Ask():
                self._ask()
            case Answer(askers, outcome):
                self._answer(askers, outcome)
            case Ping():
                if self._transport is not None:
                    self._transport.ping()
            case Query(streams):
                self._query(self, streams)
            case Drop(reason, politely):
                self._teller.closing(reason)
                self._drop(politely=politely)
                self._interrupted(reason)
            case Confirmed(streams):
                self._teller.confirmed(streams)
            case Lost():
                self._report_loss(action)
            case Restored():
                self._teller.restored(action)
        self._progressed()

    async def _open(self) -> None:
        self._epoch = _Epoch(self)
        url = self._exchange.url(self.endpoint)
        headers = self._exchange.headers(self.endpoint)
        try:
            transport = await self._world.connect(url, headers=headers, listener=self._epoch)
        except HandshakeRefused as error:
            wait_s = error.retry_after_s or _LEAST_WAIT_S.get(error.status, 0.0)
            refused = self._are_keys_refused(error.status)
            self._complained(error.status, wait_s)
            self._lost(str(error), retry_after_s=wait_s, keys_refused=refused)
        except TransportError as error:
            self._lost(str(error))
        else:
            self._transport = transport
            self._connects += 1
            self.connection.opened(self._world.clock.now())
            self._teller.connected(url)
            self._wake.set()
        finally:
            if self._opening is asyncio.current_task():
                self._opening = None

    def _send(self, plan: Plan) -> None:
        assert self._transport is not None
        ticket = self._exchange.ticket(self._world.new_uuid())
        text = self._exchange.encode(plan, ticket)
        try:
            self._transport.send_text(text)
        except TransportError as error:
            self._lost(str(error))
            return
        self._carries(plan)
        size = len(text.encode())
        self.connection.sent(plan, self._world.clock.now(), ticket=ticket, size=size)
        # What follows from having sent may be due at once.
        self._wake.set()
        self._teller.sent(plan)

    def _ask(self) -> None:
        assert self._transport is not None
        ticket = self._exchange.ticket(self._world.new_uuid())
        try:
            self._transport.send_text(self._exchange.encode_inquiry(ticket))
        except TransportError as error:
            self._lost(str(error))
            return
        self._inquiries += 1
        self.connection.asked(ticket, self._world.clock.now())
        self._wake.set()

    @staticmethod
    def _answer(askers: Iterable[Hashable], outcome: Reply | Exception) -> None:
        for asker in askers:
            assert isinstance(asker, asyncio.Future)
            if asker.done():
                continue
            if isinstance(outcome, Exception):
                asker.set_exception(outcome)
            else:
                asker.set_result(outcome)

    def _lost(self, reason: str, *, retry_after_s: float = 0.0, keys_refused: bool = False) -> None:
        self._drop(politely=False)
        self.connection.lost(
            reason,
            self._world.clock.now(),
            retry_after_s=retry_after_s,
            keys_refused=keys_refused,
        )
        self._wake.set()

    def _drop(self, *, politely: bool) -> None:
        if self._epoch is not None:
            self._epoch.is_current = False
        transport, self._transport = self._transport, None
        opening, self._opening = self._opening, None
        if opening is not None and opening is not asyncio.current_task():
            opening.cancel()
        if transport is not None:
            if politely:
                transport.close()
            else:
                transport.abort()

    def _report_loss(self, loss: Lost) -> None:
        if loss.failures == 1:
            self._outages += 1
        self._interrupted(loss.reason)
        self._teller.lost(loss)

    def _interrupted(self, reason: str) -> None:
        self._reader.lost(self, self._carried | self._left, reason)
        self._carried = frozenset()
        self._left.clear()

    def _tell(self, event: ControlEvent) -> None:
        self._reader.tell(self.connection.ledger.wanted, event)

    def _carries(self, plan: Plan) -> None:
        """This message has gone out: from now on this connection carries what it names."""
        self._reader.asked(self, plan, self._left)
        before, self._carried = self._carried, plan.streams.union(plan.once)
        self._reader.dropped(self, before - self._carried)
        self._left |= before - self._carried

    # --- what the transport tells -------------------------------------------------------------

    def frames_received(self, frames: Sequence[bytes]) -> None:
        """What one read of the current epoch's socket has brought."""
        clock = self._world.clock
        now = clock.now()
        self.connection.heard(now)
        alive = self.connection.ledger.alive
        proved, said = self._intake.take(frames, clock.wall_ns(), alive)
        for stream in proved:
            self.connection.proved(stream, now)
        if proved:
            self._wake.set()
            self._progressed()
        for each in said:
            if isinstance(each, Listed):
                self.connection.listed(each)
                self._wake.set()
            else:
                self._refused(each)

    def _refused(self, refusal: Refusal) -> None:
        reason = f"{refusal.name}: {refusal.message}"
        self.connection.refused(reason)
        self._refused_epoch = self.connection.epoch
        self._complained(refusal.name)
        if self._are_keys_refused(refusal.name):
            # It closes now, and what it has to say is said.
            self._lost(reason, keys_refused=True)
            return
        self._teller.refused(refusal)

    def _complained(self, answer: int | str, wait_s: float = 0.0) -> None:
        """Slow down if this is about the rate."""
        now = self._world.clock.now()
        if self._rate_limiter.complained(answer, now, wait_s=wait_s):
            limiter = self._rate_limiter
            self._teller.slowed(answer, limiter.adjustment.ratio(now), limiter.strategy.name)

    def _are_keys_refused(self, answer: int | str) -> bool:
        return self.endpoint is not Endpoint.PUBLIC and self._exchange.refuses_keys(answer)

    def pong_received(self) -> None:
        """A ping of the current epoch was answered."""
        self.connection.ponged(self._world.clock.now())

    def connection_lost(self, reason: str, code: int | None = None) -> None:
        """The socket of the current epoch is gone."""
        self._transport = None
        # What an error has said is not said again by the goodbye after it.
        if code is not None and self._refused_epoch != self.connection.epoch:
            self._complained(code)
        self._lost(reason)


class _Epoch:
    """The listener of one connection's socket; deaf once the lane has moved on.

    A frame may come with the very bytes that end the handshake, before anybody has noticed that
    the connection is open, so an attempt under way counts as current.
    """

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self.is_current = True

    def frames_received(self, frames: Sequence[bytes]) -> None:
        if self.is_current:
            self._supervisor.frames_received(frames)

    def pong_received(self) -> None:
        if self.is_current:
            self._supervisor.pong_received()

    def connection_lost(self, reason: str, code: int | None = None) -> None:
        if self.is_current:
            self._supervisor.connection_lost(reason, code)
