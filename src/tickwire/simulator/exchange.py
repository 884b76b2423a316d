"""The exchange itself: a pure model of connections, requests and markets.

    connect(address) ──► Session or Refusal        who may come in
    receive(session, text)                         what they ask for; answers land in their outbox
    touch(session)                                 they have sent a ping, or anything else
    step()                                         time goes on; what is due lands in the outboxes
    due_ns()                                       when there is something to step for
    idle() ──► Sessions                            whom to cut: nothing has passed for too long
    disconnect(session)                            they have gone

Nothing here waits, sends or looks at a clock: every call is told the time, in nanoseconds since
1970 UTC, and the calls of one run repeat it exactly.

With a tape there are no synthetic markets, so what would come of them is refused: orders, and
wishes for indicators. Announcements, tokens, limits and keep-alive are the same.
"""

from collections.abc import Iterable, Mapping, Sequence

from tickwire.simulator.admission import Admission, Refusal
from tickwire.simulator.auth import Authority
from tickwire.simulator.info.announcements import Announcements
from tickwire.simulator.info.indicators import Indicators, IndicatorWish
from tickwire.simulator.market.candles import CANDLE_SPANS_MS
from tickwire.simulator.market.instruments import Instrument
from tickwire.simulator.market.market import Market
from tickwire.simulator.market.timeline import Timeline
from tickwire.simulator.playback import Playback
from tickwire.simulator.referee import Referee
from tickwire.simulator.switches import Switches
from tickwire.simulator.tape import Tape
from tickwire.simulator.trading.accounts import Accounts
from tickwire.simulator.wire.endpoints import Endpoint, read_message
from tickwire.simulator.wire.formats import Format
from tickwire.simulator.wire.frames import REALTIME, SNAPSHOT
from tickwire.simulator.wire.keepalive import KeepAlive
from tickwire.simulator.wire.listeners import Listeners
from tickwire.simulator.wire.request import ListSubscriptions, Refused, Subscribe, Wish
from tickwire.simulator.wire.routes import Routes
from tickwire.simulator.wire.served import served
from tickwire.simulator.wire.session import Session, Stream
from tickwire.simulator.wire.stream_frames import stream_frame

__all__ = ["Exchange", "Refusal"]

_MS_NS = 1_000_000

# No request, so it is never refused; whether it is counted is a switch.
_PING = "PING"


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
        self.admission = Admission(self.authority, self.referee, self.switches)
        self._playback = None if tape is None else Playback(tape)
        self._timeline = Timeline(() if tape else self.instruments, seed, now_ns // _MS_NS)
        self._markets = {market.code: market for market in self._timeline.markets}
        self._known = {instrument.code: instrument for instrument in self.instruments}
        self._routes = Routes()
        self._listeners = Listeners()
        self._indicators = Indicators(self._markets, now_ms=now_ns // _MS_NS)
        self.announcements = Announcements(seed=seed, now_ms=now_ns // _MS_NS)
        self.accounts = Accounts(
            keys or {}, self._timeline, seed, smp_by_default=self.switches.smp_by_default
        )
        self._keepalive = KeepAlive(now_ns, idle_timeout_s=self.switches.idle_timeout_s)
        self._numbers = 0
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
        admitted = self.admission.knock(
            address, now_ns, endpoint=endpoint, authorization=authorization, origin=origin
        )
        if isinstance(admitted, Refusal):
            return admitted
        self._numbers += 1
        session = Session(
            self._numbers,
            address,
            now_ns,
            switches=self.switches,
            endpoint=endpoint,
            account=admitted.account,
        )
        self.referee.opened(session)
        self._keepalive.opened(session)
        if admitted.error is not None:
            session.refuse(Refused("INVALID_AUTH"))
        return session

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
            if isinstance(request, Subscribe):
                self._subscribe(session, request, now_ns)
        except Refused as refused:
            self._silence(session)
            session.refuse(refused)
            return
        if isinstance(request, ListSubscriptions):
            session.list_subscriptions(request)
            self._routes.replace(session, session.live, session.format)

    def _subscribe(self, session: Session, request: Subscribe, now_ns: int) -> None:
        """The whole subscription anew: one snapshot for each stream that wants one, then live.

        Raises `Refused`.
        """
        if self._playback is not None:
            for wish in request.wishes:
                # No candles, no indicators. Silence would look like a quiet market.
                if isinstance(wish, IndicatorWish):
                    raise Refused("INVALID_PARAM", wish.type)
        session.format, session.wishes = request.format, request.wishes
        snapshots, session.live = served(
            request.wishes, self._known, same_code_twice=self.switches.same_code_twice
        )
        self._routes.replace(session, session.live, request.format)
        self._listen(session, request.wishes)
        if self._playback is not None:
            self._playback.begin(session, now_ns)
            return
        for stream in snapshots:
            market = self._markets[stream.code]
            frame = stream_frame(market, stream, request.format, SNAPSHOT)
            if frame is not None:
                session.outbox.append(frame)

    def _listen(self, session: Session, wishes: Iterable[Wish]) -> None:
        """From now on tell this connection the notices that answer these wishes."""
        if self._listeners.replace(session, wishes):
            self._indicators.want(self._listeners.wishes())

    def _silence(self, session: Session) -> None:
        self._routes.remove(session)
        self._listen(session, ())
        self._keepalive.silenced(session)
        if self._playback is not None:
            self._playback.end(session)
        session.live = ()

    # --- time

    def hush(self, codes: Iterable[str]) -> None:
        """Tell nothing that happens in these markets, and only these, from now on."""
        self._hushed = frozenset(codes)

    def step(self, now_ns: int) -> None:
        """Let everything happen that is due by now."""
        now_ms = now_ns // _MS_NS
        for session in self._keepalive.ticked(now_ns):
            session.up()
        if self._playback is not None:
            self._playback.step(now_ns, self._hushed)
        self._move_markets(now_ms)
        tell = self._listeners.tell
        tell(self._indicators.step(now_ms))
        tell(self.announcements.step(now_ms))
        tell(self.accounts.drain())

    def due_ns(self, by_ns: int) -> int:
        """When the next thing happens by itself, at the latest `by_ns`.

        What comes from outside may bring something that is due before.
        """
        by_ms = self._timeline.due_ms(-(-by_ns // _MS_NS))
        by_ms = min(self._indicators.due_ms(by_ms), self.announcements.due_ms(by_ms))
        by_ns = self._keepalive.due_ns(min(by_ns, by_ms * _MS_NS))
        return by_ns if self._playback is None else self._playback.due_ns(by_ns)

    def idle(self, now_ns: int) -> list[Session]:
        """The connections to cut: nothing has passed on them for too long."""
        return self._keepalive.idle(now_ns)

    def _move_markets(self, now_ms: int) -> None:
        deliver = self._routes.deliver
        for told in self._timeline.step(now_ms):
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

    def _realtime(self, stream: Stream, form: Format) -> bytes:
        frame = stream_frame(self._markets[stream.code], stream, form, REALTIME)
        assert frame is not None
        return frame
