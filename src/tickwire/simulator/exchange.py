"""The exchange itself: a pure model of connections, requests and markets.

    connect(address) ──► Session or Refusal        who may come in
    receive(session, text)                         what they ask for; answers land in their outbox
    step()                                         time goes on; what is due lands in the outboxes
    disconnect(session)                            they have gone

Nothing here waits, sends or looks at a clock: every call is told the time, in nanoseconds since
1970 UTC, and the calls of one run repeat it exactly.
"""

from collections.abc import Sequence
from typing import NamedTuple

from tickwire.simulator.book import grouped
from tickwire.simulator.candles import CANDLE_SPANS_MS
from tickwire.simulator.instruments import Instrument
from tickwire.simulator.limits import CONNECTS_PER_SECOND, ConnectGate
from tickwire.simulator.market import Market
from tickwire.simulator.referee import Referee
from tickwire.simulator.request import ListSubscriptions, Refused, Subscribe, read_request
from tickwire.simulator.routes import Routes
from tickwire.simulator.session import Session, Stream, streams
from tickwire.simulator.tape import Tape
from tickwire.simulator.timeline import Timeline
from tickwire.simulator.wire import (
    REALTIME,
    SNAPSHOT,
    Format,
    candle_frame,
    orderbook_frame,
    ticker_frame,
    trade_frame,
)

__all__ = ["Exchange", "Refusal"]

_MS_NS = 1_000_000

# A tape begins this long after the first accepted request, so that a client can finish setting up.
_TAPE_LEAD_NS = 500 * _MS_NS
# At speed 0 a tape is played as fast as its reader takes it: no more while this many bytes are
# still under way, and no more than this many in one step.
_TAPE_CHUNK = 1 << 20

_GATES_KEPT = 10_000

# No request, so it is neither counted nor refused. It goes unanswered so far.
_PING = "PING"


class Refusal(NamedTuple):
    """A connection that is not let in: the HTTP status and, if blocked, for how long."""

    status: int
    wait_s: float


class Exchange:
    """Upbit's public endpoint in a box: one seeded market, or a tape instead of it."""

    def __init__(
        self,
        instruments: Sequence[Instrument],
        *,
        seed: int,
        now_ns: int,
        tape: Tape | None = None,
    ) -> None:
        self.instruments = tuple(instruments)
        self.referee = Referee(seed, len(self.instruments))
        self._tape = tape
        self._timeline = Timeline(() if tape else self.instruments, seed, now_ns // _MS_NS)
        self._markets = {market.code: market for market in self._timeline.markets}
        self._known = {instrument.code: instrument for instrument in self.instruments}
        self._routes = Routes()
        self._gates: dict[str, ConnectGate] = {}
        self._players: dict[Session, int] = {}
        self._numbers = 0

    # --- connections

    def connect(self, address: str, now_ns: int) -> Session | Refusal:
        """Somebody at this address opens the public endpoint."""
        gate = self._gates.get(address)
        if gate is None:
            if len(self._gates) >= _GATES_KEPT:
                del self._gates[next(iter(self._gates))]
            gate = self._gates[address] = ConnectGate()
        status, wait_s = gate.knock(now_ns)
        self.referee.attempted(gate, status, CONNECTS_PER_SECOND, now_ns)
        if status != 101:
            return Refusal(status, wait_s)
        self._numbers += 1
        session = Session(self._numbers, address, now_ns)
        self.referee.opened(session, "public")
        return session

    def connects_left(self, address: str, now_ns: int) -> int:
        """How many more connects this address may make within the second."""
        return self._gates[address].left(now_ns)

    def disconnect(self, session: Session, now_ns: int, code: int, reason: str) -> None:
        """The connection has ended, with this close code (1006 for none)."""
        self._silence(session)
        self.referee.closed(session, now_ns, code, reason)

    def receive(self, session: Session, text: str, now_ns: int) -> None:
        """A message has come on this connection."""
        if session.closing is not None or text == _PING:
            return
        breaches = session.meter.add(now_ns)
        self.referee.received(session, text, now_ns, breaches)
        try:
            if any(breaches):
                raise Refused("TOO_MANY_REQUEST")
            request = read_request(text)
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
        for wish in request.wishes:
            # A wish for both only-flags at once gets neither; what Upbit does is not known.
            for stream in filter(self._has, streams(wish)):
                if not wish.is_only_realtime:
                    snapshots[stream] = None
                if not wish.is_only_snapshot:
                    live[stream] = None
        session.live = tuple(live)
        self._routes.replace(session, live, request.format)
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

    def _silence(self, session: Session) -> None:
        self._routes.remove(session)
        self._players.pop(session, None)
        session.live = ()

    def _has(self, stream: Stream) -> bool:
        """Is there anything to send for this stream? Unknown codes and levels are just silent."""
        instrument = self._known.get(stream.code)
        return instrument is not None and (not stream.level or stream.level in instrument.levels)

    # --- time

    def step(self, now_ns: int) -> None:
        """Let everything happen that is due by now."""
        if self._tape is not None:
            for session in list(self._players):
                self._play(self._tape, session, now_ns)
            return
        deliver = self._routes.deliver
        for told in self._timeline.step(now_ns // _MS_NS):
            code = told.market.code
            if told.what == "orderbook":
                deliver("orderbook", code, self._realtime)
            elif told.what == "trade":
                deliver("trade", code, self._realtime)
                deliver("ticker", code, self._realtime)
            else:
                for candle_type in CANDLE_SPANS_MS:
                    deliver(candle_type, code, self._realtime)

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
