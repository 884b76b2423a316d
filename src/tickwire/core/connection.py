"""The life of one connection, decided without a socket and without a clock.

A `Connection` is told what happened and what time it is; asked with `poll`, it answers with the
actions that are due and the moment at which it wants to be asked again. Whoever runs it performs
the actions and reports what came of them. The states and their transitions are in `states`.

When a message may go, and what it says, is decided in `pending`.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from tickwire.checks import check_kind, check_seconds
from tickwire.core.actions import (
    Action,
    Confirmed,
    Drop,
    Lost,
    Open,
    Ping,
    Query,
    Restored,
)
from tickwire.core.backoff import Backoff, KeysBackoff
from tickwire.core.exchange import Listed
from tickwire.core.explanation import Carried, Wait, WaitsFor
from tickwire.core.gate import Gate
from tickwire.core.heartbeat import Heartbeat, HeartbeatTiming, Verdict
from tickwire.core.inquiry import Inquiry, Reply
from tickwire.core.ledger import Ledger
from tickwire.core.listing import Verification, compare
from tickwire.core.pending import Pending
from tickwire.core.planner import Plan
from tickwire.core.record import Record
from tickwire.core.recovery import Recovery
from tickwire.core.states import TRANSITIONS, ConnectionState, Input
from tickwire.subscription import FULL_DEPTH, DataType, Stream, Terms
from tickwire.world import Random

__all__ = ["Connection", "Timing"]


@dataclass(frozen=True, kw_only=True)
class Timing:
    """The waits of one connection, in seconds. Raises `UsageError` for what is none."""

    debounce_s: float = 0.1
    """How long changes are collected, from the first one on; later ones do not extend it."""
    linger_s: float = 5.0
    """How long an unwanted connection is kept, in case somebody wants it again."""
    first_data_s: float = 5.0
    """How long a stream may be silent after it was asked for before questions are asked."""
    patience_s: float = 60.0
    """The longest wait between two questions about the same silent stream."""
    no_objection_s: float = 1.0
    """How long a stream that does not begin with data is unconfirmed after it was asked for.

    The wire has no acknowledgement. Errors have been seen within 0.2 s, a round trip.
    """
    heartbeat: HeartbeatTiming = field(default_factory=HeartbeatTiming)
    backoff: Backoff = field(default_factory=Backoff)
    keys_backoff: KeysBackoff = field(default_factory=KeysBackoff)

    def __post_init__(self) -> None:
        check_kind("heartbeat", self.heartbeat, HeartbeatTiming)
        check_kind("backoff", self.backoff, Backoff)
        check_kind("keys_backoff", self.keys_backoff, KeysBackoff)
        for name in ("debounce_s", "linger_s", "first_data_s", "patience_s", "no_objection_s"):
            check_seconds(name, getattr(self, name))


_MOST_REPAIRS = 2
"""How often in a row a message is sent anew because the exchange does not serve what it named."""


class Connection:
    """Everything one connection to one endpoint has to decide."""

    def __init__(
        self,
        *,
        timing: Timing,
        random: Random,
        connect_gate: Gate[Hashable],
        message_gate: Gate[Hashable],
        begins_with_data: Callable[[DataType | str], bool],
        priorities: Callable[[], Mapping[Stream, int]] = dict,
    ) -> None:
        self.state = ConnectionState.DISCONNECTED
        self.epoch = 0
        self.ledger = Ledger(begins_with_data)
        self.record = Record()
        self.mismatches = 0
        """How often the exchange was found not to serve what it was asked for."""
        self.gate = message_gate
        """Where messages wait for their slot."""
        self._pending = Pending(
            self.ledger,
            self.gate,
            self.record,
            debounce_s=timing.debounce_s,
            priorities=priorities,
        )
        self._connect_gate = connect_gate
        self._timing = timing
        self._recovery = Recovery(timing.backoff, timing.keys_backoff, random)
        self._heartbeat: Heartbeat | None = None
        self._emptied_at: float | None = None
        self._attempt_at = 0.0
        self._queries_open = False
        self._inquiry = Inquiry(self.gate)
        self._verified: Reply | None = None
        self._repairs = 0
        # What the exchange said against this connection, and what ended the one before.
        self._refusal = self._trouble = ""
        self._outbox: list[Action] = []

    def __repr__(self) -> str:
        return f"<Connection {self.state}, epoch {self.epoch}, {self.ledger!r}>"

    @property
    def failures(self) -> int:
        """How often in a row it has failed."""
        return self._recovery.failures

    @property
    def round_trip_s(self) -> float | None:
        """The last round trip measured by a ping in this epoch."""
        return None if self._heartbeat is None else self._heartbeat.round_trip_s

    # --- told ---------------------------------------------------------------------------------

    def want(
        self,
        added: Iterable[Stream],
        removed: Iterable[Stream],
        now: float,
        *,
        altered: Mapping[Stream, Terms] = MappingProxyType({}),
    ) -> None:
        """The desired set has changed, or what part of some streams is wanted."""
        removed = tuple(removed)
        self.ledger.want(added, removed, altered)
        self.record.changed(now)
        self.record.unwanted(removed)
        self._pending.changed(now)
        if self.ledger.wanted:
            self._emptied_at = None
            if self.state is ConnectionState.DISCONNECTED:
                self._move(Input.WANTED)
                self._attempt_at = max(now, self._recovery.not_before)
        elif self._emptied_at is None:
            self._emptied_at = now

    def opened(self, now: float) -> None:
        """The handshake has succeeded."""
        self._move(Input.OPENED)
        self._recovery.opened(now)
        self._heartbeat = Heartbeat(self._timing.heartbeat, now)
        self.gate.renew()

    def sent(self, plan: Plan, now: float, *, ticket: str = "", size: int = 0) -> None:
        """The message of this plan has gone out, with this ticket and of so many bytes."""
        self._move(Input.SENT)
        self.record.sent(plan, ticket, size, now)
        self._pending.sent(now)
        self._inquiry.said(plan)
        self.ledger.sent_out(
            plan,
            now,
            first_data_s=self._timing.first_data_s,
            no_objection_s=self._timing.no_objection_s,
        )
        self._settle(now)

    def ask(self, asker: Hashable, now: float) -> None:
        """Somebody wants to know what the exchange serves here; an `Answer` names them."""
        self._inquiry.join(asker, now)

    def ask_no_more(self, asker: Hashable) -> None:
        """Somebody does not want to know any more."""
        self._inquiry.leave(asker)

    def asked(self, ticket: str, now: float) -> None:
        """The question of an `Ask` has gone out."""
        self._inquiry.sent(ticket, now)
        self._pending.asked(now)

    def listed(self, listed: Listed) -> None:
        """The exchange has said what it serves."""
        answer = self._inquiry.answered(listed)
        if answer is not None:
            self._outbox.append(answer)

    def verify(self, reply: Reply, now: float) -> Verification:
        """Compare a reply with what had been sent; what is not served is taken as not sent.

        So the next message asks for it again, twice in a row, and then another connection does. A
        stream whose first data is still awaited is left to the question that follows its silence,
        since it may not exist; a difference older than the last message is only told.
        """
        found = compare(reply.said, reply.served, reply.once, wanted=self.ledger.desired)
        if not self._inquiry.is_of_now(reply) or not self.state.is_open:
            return found
        if reply is self._verified:
            return found  # somebody else has asked the same, and this was seen to
        self._verified = reply
        unserved = found.missing & self.ledger.alive.keys()
        if not unserved and not found.extra:
            self._repairs = 0
            return found
        self.mismatches += 1
        self._repairs += 1
        if self._repairs > _MOST_REPAIRS:
            reason = "the exchange does not serve what it was asked for"
            self._outbox.append(Drop(reason, politely=False))
            self.lost(reason, now)
            return found
        self.ledger.distrust(unserved, found.extra)
        self._pending.changed(now)
        return found

    def heard(self, now: float) -> None:
        """Something has come from the other side."""
        if self._heartbeat is not None:
            self._heartbeat.heard(now)

    def ponged(self, now: float) -> None:
        """A ping has been answered."""
        if self._heartbeat is not None:
            self._heartbeat.ponged(now)

    def proved(self, stream: Stream, now: float) -> None:
        """The first data of a stream in this epoch has come."""
        self.ledger.proved(stream, now)
        self._settle(now)

    def refused(self, reason: str) -> None:
        """The exchange has answered with an error; it closes the connection next."""
        self.ledger.doubt()
        self._refusal = reason

    def answered(self, unknown: Iterable[Stream], quiet: Iterable[Stream], now: float) -> None:
        """A `Query` has its answer: streams that do not exist, and streams that are only quiet.

        An unknown stream leaves the desired set by its owners. A quiet one is asked for again.
        """
        self._queries_open = False
        self.ledger.forget(unknown)
        if self.ledger.ask_again(quiet, now, self._timing.patience_s):
            self._pending.changed(now)
        self._settle(now)

    def lost(
        self, reason: str, now: float, *, retry_after_s: float = 0.0, keys_refused: bool = False
    ) -> None:
        """The socket, or the attempt at one, has failed."""
        if not self.state.can_break:
            return
        if retry_after_s:
            # It is the address that has to wait, so nobody else may try meanwhile.
            self._connect_gate.block(retry_after_s, now)
        setback = self._recovery.failed(now, keys_refused=keys_refused)
        # The goodbye after an error says less than the error.
        self._trouble = self._refusal or reason
        if not self.ledger.wanted:
            self._rest(f"{reason}, and nobody wants anything")
            return
        delay_s = max(setback.delay_s, retry_after_s)
        self._move(Input.EXHAUSTED if setback.alarm else Input.LOST)
        self._attempt_at = now + delay_s
        self._disconnected(reason)
        failures = self._recovery.failures
        self._outbox.append(Lost(reason, failures, delay_s, setback.alarm, setback.keys_refused))

    def stop(self) -> None:
        """The owner wants no connection any more."""
        if self.state is not ConnectionState.CLOSED:
            self._move(Input.STOPPED)
            self._connect_gate.leave(self)
            self._heartbeat = None
            self._outbox.append(Drop("stopped", politely=True))

    # --- asked --------------------------------------------------------------------------------

    def poll(self, now: float) -> tuple[list[Action], float | None]:
        """The actions due now, and when to ask again (`None`: only after being told something)."""
        self._close_if_unwanted(now)
        if self.state.is_waiting:
            self._retry_if_due(now)
        if self.state is ConnectionState.CONNECTING:
            self._open_if_allowed(now)
        if self.state.is_open:
            self._check_heartbeat(now)
        if self.state.is_open:
            self._presume(now)
            self._settle(now)
            self._ask_about_silent(now)
            self._outbox += self._inquiry.overdue(now)
            self._send_if_due(now)
        actions, self._outbox = self._outbox, []
        return actions, self._wake_at(now)

    def carried(self, stream: Stream, now: float) -> Carried:
        """What has become of a stream that is wanted here, and what it waits for."""
        message = self.record.message_of(stream)
        confirmed_at = self.ledger.alive.get(stream)
        return Carried(
            epoch=self.epoch,
            state=self.state,
            message=0 if message is None else message.number,
            ticket="" if message is None else message.ticket,
            sent_s=0.0 if message is None else now - message.sent_at,
            confirmed_s=None if confirmed_at is None else now - confirmed_at,
            by_data=confirmed_at is not None and not self.record.is_presumed(stream),
            wait=None if self.ledger.is_live(stream) else self._wait_of(stream, now),
            was_asked_before=self.record.was_asked_before(stream),
            trouble=self._refusal or self._trouble,
        )

    def _wait_of(self, stream: Stream, now: float) -> Wait:
        if self.state.is_waiting:
            return Wait(WaitsFor.BACK_OFF, until_s=self._attempt_at - now)
        if self.state is ConnectionState.CONNECTING:
            if now < self._attempt_at < float("inf"):
                return Wait(WaitsFor.BACK_OFF, until_s=self._attempt_at - now)
            turn_at = self._connect_gate.next_at(now)
            if self._attempt_at == float("inf") or turn_at is None:
                return Wait(WaitsFor.HANDSHAKE)
            return Wait(WaitsFor.CONNECT_LIMIT, until_s=turn_at - now)
        if not self.state.is_open:
            return Wait(WaitsFor.NOTHING)
        message = self.record.message_of(stream)
        ledger = self.ledger
        wanted = ledger.depths.get(stream, FULL_DEPTH)
        is_said = ledger.is_asked(stream) and wanted <= ledger.asked_for(stream).depth
        if message is not None and is_said:
            begins_with_data = self.ledger.begins_with_data(stream.type)
            reason = WaitsFor.DATA if begins_with_data else WaitsFor.SILENCE
            return Wait(reason, since_s=now - message.sent_at)
        debounced_at = self._pending.debounced_at(now)
        if debounced_at is not None:
            return Wait(WaitsFor.DEBOUNCE, until_s=debounced_at - now)
        turn_at = self.gate.next_at(now)
        return Wait(WaitsFor.MESSAGE_LIMIT, until_s=None if turn_at is None else turn_at - now)

    # --- decisions ----------------------------------------------------------------------------

    def _send_if_due(self, now: float) -> None:
        action = self._pending.take(now)
        if action is not None:
            self._outbox.append(action)

    def _open_if_allowed(self, now: float) -> None:
        if self._attempt_at > now:
            return
        self._connect_gate.join(self, now)
        if self._connect_gate.take(self, now):
            self._attempt_at = float("inf")
            self.epoch += 1
            self._outbox.append(Open(self.epoch))

    def _retry_if_due(self, now: float) -> None:
        if now >= self._attempt_at:
            self._move(Input.DUE)

    def _close_if_unwanted(self, now: float) -> None:
        if self._emptied_at is None or now < self._emptied_at + self._timing.linger_s:
            return
        self._emptied_at = None
        if self.state.can_break or self.state.is_waiting:
            self._rest("nobody wants anything")

    def _rest(self, reason: str) -> None:
        self._move(Input.EMPTIED)
        self.record.settled(is_noop=not self.ledger.sent)
        self._disconnected(reason)
        self._emptied_at = None
        self._recovery.rest()
        self._outbox.append(Drop(reason, politely=True))

    def _check_heartbeat(self, now: float) -> None:
        assert self._heartbeat is not None
        match self._heartbeat.look(now):
            case Verdict.PING:
                self._outbox.append(Ping())
            case Verdict.DEAD:
                self._outbox.append(Drop("no answer to a ping", politely=False))
                self.lost("no answer to a ping", now)

    def _ask_about_silent(self, now: float) -> None:
        if self._queries_open:
            return
        silent = self.ledger.silent(now)
        if silent:
            self._queries_open = True
            self._outbox.append(Query(silent))

    def _presume(self, now: float) -> None:
        confirmed = self.ledger.presume(now)
        if confirmed:
            self.record.presumed(confirmed)
            self._outbox.append(Confirmed(confirmed))

    def _settle(self, now: float) -> None:
        """Notice that everything sent has shown data, and that it has lasted."""
        ledger = self.ledger
        if self.state is ConnectionState.SUBSCRIBING and not ledger.unproven:
            self._move(Input.PROVEN)
            self._refusal = self._trouble = ""
            outage_s = self._recovery.proved(now)
            if outage_s is not None:
                self._outbox.append(Restored(len(ledger.alive), ledger.missing, outage_s))
        self._recovery.settle(now)

    # --- helpers ------------------------------------------------------------------------------

    def _wake_at(self, now: float) -> float | None:
        moments: list[float] = []
        if self._emptied_at is not None:
            moments.append(self._emptied_at + self._timing.linger_s)
        if self.state.is_waiting:
            moments.append(self._attempt_at)
        elif self.state is ConnectionState.CONNECTING and self._attempt_at != float("inf"):
            turn_at = self._connect_gate.next_at(now)
            moments.append(max(self._attempt_at, turn_at or 0.0))
        elif self.state.is_open:
            assert self._heartbeat is not None
            moments += [
                self._heartbeat.look_at,
                self.ledger.next_presumed_at,
                self._inquiry.next_overdue_at,
            ]
            message_at = self._pending.look_at(now)
            if message_at is not None:
                moments.append(message_at)
            if not self._queries_open:
                moments.append(self.ledger.next_question_at)
            if self._recovery.settled_at is not None:
                moments.append(self._recovery.settled_at)
        return min(moments, default=None)

    def _disconnected(self, reason: str) -> None:
        self.ledger.reset()
        self.record.lost()
        self._repairs = 0
        self._refusal = ""
        answer = self._inquiry.lost(reason)
        if answer is not None:
            self._outbox.append(answer)
        self._pending.reset()
        self._connect_gate.leave(self)
        self._heartbeat = None
        self._queries_open = False

    def _move(self, happened: Input) -> None:
        self.state = TRANSITIONS[self.state, happened]
