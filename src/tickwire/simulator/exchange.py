"""The exchange itself: a pure model of connections, requests and markets.

    connect(address) ──► Session or Refusal        who may come in
    receive(session, text)                         what they ask for; answers land in their outbox
    touch(session)                                 they have sent a ping, or anything else
    step()                                         time goes on; what is due lands in the outboxes
    idle() ──► Sessions                            whom to cut: nothing has passed for too long
    disconnect(session)                            they have gone

Nothing here waits, sends or looks at a clock: every call is told the time, in nanoseconds since
1970 UTC, and the calls of one run repeat it exactly.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from tickwire.simulator.auth import AuthError, Authority, Authorized
from tickwire.simulator.info.announcements import Announcements
from tickwire.simulator.info.indicators import Indicators
from tickwire.simulator.limits import CONNECTS_PER_SECOND, ConnectGate, OriginGate
from tickwire.simulator.market.book import grouped
from tickwire.simulator.market.candles import CANDLE_SPANS_MS
from tickwire.simulator.market.instruments import Instrument
from tickwire.simulator.market.market import Market
from tickwire.simulator.market.timeline import Timeline
from tickwire.simulator.referee import Referee
from tickwire.simulator.switches import Switches
from tickwire.simulator.tape import Tape
from tickwire.simulator.trading.accounts import Accounts
from tickwire.simulator.wire.endpoints import Endpoint, read_message
from tickwire.simulator.wire.frames import (
    REALTIME,
    SNAPSHOT,
    Format,
    candle_frame,
    orderbook_frame,
    ticker_frame,
    trade_frame,
)
from tickwire.simulator.wire.keepalive import KeepAlive
from tickwire.simulator.wire.notice import Notice, Source
from tickwire.simulator.wire.request import ListSubscriptions, MarketWish, Refused, Subscribe, Wish
from tickwire.simulator.wire.routes import Routes
from tickwire.simulator.wire.session import Session, Stream, streams

__all__ = ["Exchange", "Refusal"]

_MS_NS = 1_000_000

# A tape begins this long after the first accepted request, so that a client can finish setting up.
_TAPE_LEAD_NS = 500 * _MS_NS
# At speed 0 a tape is played as fast as its reader takes it: no more while this many bytes are
# still under way, and no more than this many in one step.
_TAPE_CHUNK = 1 << 20

_GATES_KEPT = 10_000

# No request, so it is never refused; whether it is counted is a switch.
_PING = "PING"


class Refusal(NamedTuple):
    """A connection that is not let in: HTTP status, if blocked for how long, what is wrong."""

    status: int
    wait_s: float
    error: AuthError | None = None


class Exchange:
    """Upbit in a box: one seeded market, or a tape instead of it; `keys` has the secrets."""

    def __init__(
        self,
        instruments: Sequence[Instrument],
        *,
        seed: int,
        now_ns: int,
        tape: Tape | None = None,
        keys: Mapping[str, str] | None = None,
        switches: Switches | None = None,
    ) -> None:
        self.instruments = tuple(instruments)
        self.switches = switches or Switches()
        self.authority = Authority(keys or {})
        codes = [instrument.code for instrument in self.instruments]
        self.referee = Referee(seed, codes, self.authority)
        self._tape = tape
        self._timeline = Timeline(() if tape else self.instruments, seed, now_ns // _MS_NS)
        self._markets = {market.code: market for market in self._timeline.markets}
        self._known = {instrument.code: instrument for instrument in self.instruments}
        self._routes = Routes()
        self._indicators = Indicators(self._markets, now_ms=now_ns // _MS_NS)
        self.announcements = Announcements(seed=seed, now_ms=now_ns // _MS_NS)
        self.accounts = Accounts(keys or {}, self._timeline, seed)
        self.sources: list[Source] = [self.accounts]
        self._listeners: dict[Session, tuple[Wish, ...]] = {}
        self._keepalive = KeepAlive(now_ns, idle_timeout_s=self.switches.idle_timeout_s)
        self._gates: dict[tuple[str, str], ConnectGate] = {}
        self._origins: dict[str, OriginGate] = {}
        self._players: dict[Session, int] = {}
        self._numbers = 0
        self._banned_until_ns = 0
        self._hushed: frozenset[str] = frozenset()

    @property
    def markets(self) -> Mapping[str, Market]:
        """The synthetic markets by code; none where there is a tape."""
        return self._markets

    # --- connections

    def connect(
        self,
        address: str,
        now_ns: int,
        *,
        endpoint: Endpoint = "public",
        authorization: str | None = None,
        origin: bool = False,
    ) -> Session | Refusal:
        """Somebody at this address opens an endpoint, with these headers."""
        if origin and not self.admit_origin(address, now_ns):
            return Refusal(429, 0.0)
        account, error = self._who(endpoint, authorization)
        gate = self._gate(address, account)
        if now_ns < self._banned_until_ns:
            status, wait_s = gate.turn_away(now_ns, self._banned_until_ns)
        else:
            status, wait_s = gate.knock(now_ns)
        self.referee.attempted(gate, status, CONNECTS_PER_SECOND, now_ns)
        if status != 101:
            return Refusal(status, wait_s)
        if error is not None and not self.switches.in_band_auth:
            return Refusal(401, 0.0, error)
        most = self.switches.private_connections
        if most is not None and endpoint != "public" and self.referee.private(account) >= most:
            return Refusal(429, 0.0)
        self._numbers += 1
        session = Session(
            self._numbers,
            address,
            now_ns,
            switches=self.switches,
            endpoint=endpoint,
            account=account,
        )
        self.referee.opened(session)
        self._keepalive.opened(session)
        if error is not None:
            session.refuse(Refused("INVALID_AUTH"))
        return session

    def _who(
        self, endpoint: Endpoint, authorization: str | None
    ) -> tuple[str | None, AuthError | None]:
        """The account that a token is for; what is wrong with it where one is needed."""
        if endpoint == "public" and authorization is None:
            return None, None
        # Also of a connect that is refused then: whoever tries again needs a new token.
        checked = self.authority.check(authorization, reuse=self.switches.nonce_reuse)
        if isinstance(checked, Authorized):
            return checked.access_key, None
        return None, (None if endpoint == "public" else checked)

    def admit_origin(self, address: str, now_ns: int) -> bool:
        """May this address make a request with an `Origin` now? Counts it."""
        gate = self._origins.get(address)
        if gate is None:
            _make_room(self._origins)
            gate = self._origins[address] = OriginGate()
        admitted = gate.knock(now_ns)
        self.referee.originated(admitted)
        return admitted

    def connects_left(self, session: Session, now_ns: int) -> int:
        """How many more connects its address or Pocket may make within the second."""
        return self._gate(session.address, session.account).left(now_ns)

    def _gate(self, address: str, account: str | None) -> ConnectGate:
        """Connects count for the address, those with a token for its Pocket: here, for its key."""
        who = ("address", address) if account is None else ("pocket", account)
        gate = self._gates.get(who)
        if gate is None:
            _make_room(self._gates)
            gate = self._gates[who] = ConnectGate()
        return gate

    def disconnect(self, session: Session, now_ns: int, code: int, reason: str) -> None:
        """The connection has ended, with this close code (1006 for none)."""
        self._silence(session)
        self._keepalive.closed(session)
        self.referee.closed(session, now_ns, code, reason)

    def touch(self, session: Session, now_ns: int) -> None:
        """Something has come on this connection, a ping or a pong: it is alive."""
        session.active_ns = now_ns

    def receive(self, session: Session, text: str, now_ns: int) -> None:
        """A message has come on this connection."""
        session.active_ns = now_ns
        if session.closing is not None:
            return
        ping = text == _PING or (self.switches.lower_case_ping and text == _PING.lower())
        if ping and not self.switches.ping_counts:
            self._keepalive.asked(session)
            return
        breaches = session.meter.add(now_ns)
        self.referee.received(session, text, now_ns, breaches)
        if any(breaches):
            closes = self.switches.rate_error_closes
            if closes:
                self._silence(session)
            session.refuse(Refused("TOO_MANY_REQUEST"), closes=closes)
            return
        if ping:
            self._keepalive.asked(session)
            return
        try:
            request = read_message(text, session.endpoint, self.switches)
        except Refused as refused:
            self._silence(session)
            session.refuse(refused)
            return
        if isinstance(request, ListSubscriptions):
            session.list_subscriptions(request)
            self._routes.replace(session, session.live, session.format)
        else:
            self._subscribe(session, request, now_ns)

    def _subscribe(self, session: Session, request: Subscribe, now_ns: int) -> None:
        """The whole subscription anew: one snapshot for each stream that wants one, then live."""
        session.format, session.wishes = request.format, request.wishes
        snapshots: dict[Stream, None] = {}
        live: dict[Stream, None] = {}
        for wish, stream in self._served(request.wishes):
            if self._has(stream):
                if not wish.is_only_realtime:
                    snapshots[stream] = None
                if not wish.is_only_snapshot:
                    live[stream] = None
        session.live = tuple(live)
        self._routes.replace(session, live, request.format)
        self._listen(session, [one for one in request.wishes if not isinstance(one, MarketWish)])
        if self._tape is not None:
            # From the first accepted request on; later ones do not rewind.
            if session.subscribed_ns is None:
                session.subscribed_ns = now_ns
                self._players[session] = 0
            return
        for stream in snapshots:
            frame = self._frame(stream, request.format, SNAPSHOT)
            if frame is not None:
                session.outbox.append(frame)

    def _served(self, wishes: Sequence[Wish]) -> list[tuple[MarketWish, Stream]]:
        """The public streams asked for, with the wish of each.

        What a type and code asked for twice with different options brings is a switch.
        """
        asked = [
            (wish, stream)
            for wish in wishes
            if isinstance(wish, MarketWish)
            for stream in streams(wish)
        ]
        if self.switches.same_code_twice == "all":
            return asked
        last = self.switches.same_code_twice == "last"
        chosen: dict[tuple[str, str], tuple[MarketWish, Stream]] = {}
        for wish, stream in asked:
            if last or (stream.type, stream.code) not in chosen:
                chosen[stream.type, stream.code] = wish, stream
        return list(chosen.values())

    def _listen(self, session: Session, wishes: Sequence[Wish]) -> None:
        """From now on tell this connection the notices that answer these wishes."""
        if not wishes and session not in self._listeners:
            return
        self._listeners.pop(session, None)
        if wishes:
            self._listeners[session] = tuple(wishes)
        self._indicators.want(wish for each in self._listeners.values() for wish in each)

    def _silence(self, session: Session) -> None:
        self._routes.remove(session)
        self._listen(session, ())
        self._keepalive.silenced(session)
        self._players.pop(session, None)
        session.live = ()

    def _has(self, stream: Stream) -> bool:
        """Is there anything to send for this stream? Unknown codes and levels are just silent."""
        instrument = self._known.get(stream.code)
        return instrument is not None and (not stream.level or stream.level in instrument.levels)

    # --- incidents, for tests of what happens then

    def ban(self, until_ns: int) -> None:
        """Let nobody in until then, whoever they are."""
        self._banned_until_ns = until_ns

    def hush(self, codes: Iterable[str]) -> None:
        """Tell nothing that happens in these markets, and only these, from now on."""
        self._hushed = frozenset(codes)

    # --- time

    def step(self, now_ns: int) -> None:
        """Let everything happen that is due by now."""
        for session in self._keepalive.ticked(now_ns):
            session.up()
        if self._tape is not None:
            for session in list(self._players):
                self._play(self._tape, session, now_ns)
            return
        deliver = self._routes.deliver
        for told in self._timeline.step(now_ns // _MS_NS):
            code = told.market.code
            if code in self._hushed:
                continue
            if told.what == "orderbook":
                deliver("orderbook", code, self._realtime)
            elif told.what == "trade":
                self.referee.traded(code, told.market.trade.sequential_id)
                deliver("trade", code, self._realtime)
                deliver("ticker", code, self._realtime)
            else:
                for candle_type in CANDLE_SPANS_MS:
                    deliver(candle_type, code, self._realtime)
        self._tell(self._indicators.step(now_ns // _MS_NS))
        self._tell(self.announcements.step(now_ns // _MS_NS))
        for source in self.sources:
            self._tell(source.drain())

    def idle(self, now_ns: int) -> list[Session]:
        """The connections to cut: nothing has passed on them for too long."""
        return self._keepalive.idle(now_ns)

    def _tell(self, notices: Sequence[Notice]) -> None:
        """Each connection hears a notice once, whichever of its wishes it answers."""
        for notice in notices:
            for session, wishes in self._listeners.items():
                for wish in wishes:
                    frame = notice.frame_for(wish, session.account, session.format)
                    if frame is not None:
                        session.outbox.append(frame)
                        break

    def _play(self, tape: Tape, session: Session, now_ns: int) -> None:
        """Bring a connection's tape up to now; what it is not subscribed to goes by unheard."""
        assert session.subscribed_ns is not None
        elapsed_ns = now_ns - session.subscribed_ns - _TAPE_LEAD_NS
        if elapsed_ns < 0:
            return
        played, reached = self._players[session], tape.reached(elapsed_ns / 1e9)
        if played == reached:
            return
        wanted = {(stream.type, stream.code) for stream in session.live}
        room = _TAPE_CHUNK - session.backlog if tape.speed == 0 else None
        while played < reached and (room is None or room > 0):
            frame = tape.frames[played]
            played += 1
            if (frame.type, frame.code) in wanted:
                session.outbox.append(frame.payload)
                if room is not None:
                    room -= len(frame.payload)
        self._players[session] = played

    # --- frames

    def _realtime(self, stream: Stream, form: Format) -> bytes:
        frame = self._frame(stream, form, REALTIME)
        assert frame is not None
        return frame

    def _frame(self, stream: Stream, form: Format, stream_type: str) -> bytes | None:
        """The stream's market as it is; `None` where it has nothing to show yet."""
        market = self._markets[stream.code]
        if stream.type == "orderbook":
            return _book(market, stream, form, stream_type)
        if stream.type == "trade":
            return trade_frame(market.code, market.trade, form, stream_type)
        if stream.type == "ticker":
            return ticker_frame(market, form, stream_type)
        candle = market.candles.latest(stream.type)
        if candle is None:
            return None
        return candle_frame(market.code, stream.type, candle, form, stream_type)


def _make_room(gates: dict[Any, Any]) -> None:
    if len(gates) >= _GATES_KEPT:
        del gates[next(iter(gates))]


def _book(market: Market, stream: Stream, form: Format, stream_type: str) -> bytes:
    asks, bids = market.asks, market.bids
    if stream.level:
        asks = grouped(asks, stream.level, asks=True)
        bids = grouped(bids, stream.level, asks=False)
    return orderbook_frame(
        market.code,
        market.book_ms,
        asks,
        bids,
        depth=stream.depth,
        level=stream.level,
        form=form,
        stream_type=stream_type,
    )
