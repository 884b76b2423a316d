"""The local exchange on a socket: a thin aiohttp server around the pure model.

One task steps the model for everybody and hands each connection what has become due.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from ipaddress import ip_address
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from aiohttp import WSMsgType, web

from tickwire.errors import UsageError
from tickwire.simulator.deflate import agreed
from tickwire.simulator.exchange import Exchange, Refusal
from tickwire.simulator.line import ABNORMAL_CLOSE, NORMAL_CLOSE, Line
from tickwire.simulator.market.instruments import MARKET_COUNT, MAX_RATE, instruments, named
from tickwire.simulator.rest import answers
from tickwire.simulator.rest.order_routes import order_routes
from tickwire.simulator.rest.quotation_routes import quotation_routes
from tickwire.simulator.switches import Switches
from tickwire.simulator.tape import load_tape
from tickwire.simulator.wire.endpoints import PATHS
from tickwire.simulator.wire.session import Session
from tickwire.world import Clock, SystemClock

__all__ = ["Simulator"]

_log = logging.getLogger(__name__)

# What falls due is at most this late. Finer steps would only wake the processor more often.
_STEP_S = 0.002

# After a pause or under too high a rate at most this much market happens in one turn of the loop:
# whoever connects or asks meanwhile is answered. What is further behind than the limit is left out.
_SLICE_NS = 50_000_000
_BEHIND_LIMIT_NS = 60_000_000_000

# How long a closing connection waits for the client's goodbye.
_GOODBYE_S = 1.0

_ENDPOINTS = {path: endpoint for endpoint, path in PATHS.items()}
_QUOTATION = ("/v1/market/", "/v1/candles/", "/v1/trades/", "/v1/ticker", "/v1/orderbook")

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Simulator:
    """A stand-in for Upbit on this machine: same wire, made-up market, no account, no network.

        async with Simulator(seed=7, markets=20) as exchange:
            client = WebSocketClient(websocket_base_url=exchange.websocket_base_url)

    The same `seed` gives the same market. `markets` takes the first so many of 855, KRW-BTC first.
    At `rate` X it is X times as busy: orders, and with them trades and tickers, come X times as
    often. So do books as far as their 100 ms grid has room, at most ten a second in each market.
    With a `tape` there is no synthetic market: each connection hears the recording from its start,
    at `speed` times its rhythm (0: as fast as it reads). Port 0 takes a free one.

    `keys` has the secret of each access key that it knows, `switches` how it behaves where nobody
    knows how Upbit does.

    Whoever reaches the port may use it, so it listens on loopback unless `host` says otherwise.
    Raises `UsageError` for values out of range, a bad tape, and an address it cannot listen on.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        markets: int = MARKET_COUNT,
        rate: float = 1.0,
        tape: Path | None = None,
        speed: float = 1.0,
        host: str = "127.0.0.1",
        port: int = 0,
        clock: Clock | None = None,
        keys: Mapping[str, str] | None = None,
        switches: Switches | None = None,
    ) -> None:
        if not 1 <= markets <= MARKET_COUNT:
            raise UsageError(f"markets={markets} is out of range; choose 1 to {MARKET_COUNT}")
        if not 0 < rate <= MAX_RATE:
            raise UsageError(
                f"rate={rate} is out of range; choose a number above 0, at most {MAX_RATE:g}"
            )
        if tape is not None and rate != 1:
            raise UsageError("rate is of the synthetic market; for a tape choose its speed")
        if not 0 <= speed < float("inf"):
            raise UsageError(f"speed={speed} is out of range; 1 is as recorded, 0 without pauses")
        if not 0 <= port <= 65535:
            raise UsageError(f"port={port} is out of range; 0 takes a free port")
        self._seed = seed
        self._tape = None if tape is None else load_tape(Path(tape), speed)
        if self._tape is None:
            self._instruments = instruments(markets, rate)
        else:
            self._instruments = tuple(named(code) for code in self._tape.codes)
        self._host = host
        self._port = port
        self._clock: Clock = clock or SystemClock()
        self._keys = dict(keys or {})
        self._switches = switches or Switches()
        self._exchange: Exchange | None = None
        self._runner: web.AppRunner | None = None
        self._stepping: asyncio.Task[None] | None = None
        self._lines: dict[Session, Line] = {}

    def __repr__(self) -> str:
        where = f"on {self.address}" if self._runner else "stopped"
        return f"Simulator({where}, {len(self.codes)} markets, {len(self._lines)} connections)"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Open the market and listen."""
        if self._runner is not None:
            raise UsageError("this simulator is running already; stop it first")
        if not _is_loopback(self._host):
            _log.warning(
                "simulator.exposed host=%s: everybody who reaches this machine can connect",
                self._host,
            )
        self._exchange = Exchange(
            self._instruments,
            seed=self._seed,
            now_ns=self._clock.wall_ns(),
            tape=self._tape,
            keys=self._keys,
            switches=self._switches,
        )
        app = web.Application(middlewares=[self._origin_limit])
        for path in _ENDPOINTS:
            app.router.add_get(path, self._websocket)
        app.router.add_routes(quotation_routes(self._exchange, self._clock))
        app.router.add_routes(
            order_routes(self._exchange.accounts, self._exchange.authority, self._clock)
        )
        app.router.add_get("/sim/stats", self._stats)
        app.router.add_route("*", "/{path:.*}", self._unknown)
        runner = web.AppRunner(
            app, access_log=None, handle_signals=False, shutdown_timeout=_GOODBYE_S
        )
        await runner.setup()
        try:
            await web.TCPSite(runner, self._host, self._port).start()
        except OSError as error:
            await runner.cleanup()
            raise UsageError(
                f"cannot listen on {self._host}:{self._port} ({error.strerror or error}); "
                "choose a host of this machine and a port that is free (0 takes any)"
            ) from None
        self._runner = runner
        self._stepping = asyncio.create_task(self._step(), name="tickwire-simulator")

    async def stop(self) -> None:
        """Say goodbye to everybody and close the port. Stopping twice is no error."""
        runner, self._runner = self._runner, None
        if runner is None:
            return
        if self._stepping is not None:
            self._stepping.cancel()
            await asyncio.gather(self._stepping, return_exceptions=True)
        await asyncio.gather(*(line.leave() for line in list(self._lines.values())))
        await runner.cleanup()

    @property
    def address(self) -> str:
        """Where it listens, `"127.0.0.1:PORT"`."""
        if self._runner is None:
            raise UsageError("the simulator is not running; start it first")
        host, port = self._runner.addresses[0][:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    @property
    def websocket_base_url(self) -> str:
        """Scheme and host of the WebSocket endpoints."""
        return f"ws://{self.address}"

    @property
    def base_url(self) -> str:
        """Scheme and host of the REST endpoints."""
        return f"http://{self.address}"

    @property
    def codes(self) -> tuple[str, ...]:
        """The markets it knows."""
        return tuple(instrument.code for instrument in self._instruments)

    def stats(self) -> dict[str, Any]:
        """What clients have done so far; the answer of `GET /sim/stats`."""
        return self._model.referee.report(self._clock.wall_ns())

    def drop(self) -> int:
        """Cut every open connection without a word, as a failing network does; how many."""
        cut = [line for line in self._lines.values() if line.cut("dropped")]
        return len(cut)

    def ban(self, seconds: float) -> None:
        """Cut every connection and refuse new ones with HTTP 418 for so long."""
        self._model.ban(self._clock.wall_ns() + round(seconds * 1e9))
        self.drop()

    def hush(self, *codes: str) -> None:
        """Let these markets (none named: all) fall silent while the connections stay open."""
        unknown = sorted(set(codes) - set(self.codes))
        if unknown:
            raise UsageError(f"this exchange has no market {', '.join(unknown)}")
        self._model.hush(codes or self.codes)

    def resume(self) -> None:
        """Let every market be heard again."""
        self._model.hush(())

    def announce(self, title: str, category: str, body: str | None = None) -> None:
        """Send an announcement to whoever listens for its category; raises `UsageError`."""
        now_ms = self._clock.wall_ns() // 1_000_000
        self._model.announcements.announce(title, category, body, now_ms=now_ms)

    @property
    def _model(self) -> Exchange:
        if self._exchange is None:
            raise UsageError("the simulator has not been started; start it first")
        return self._exchange

    async def _step(self) -> None:
        try:
            reached_ns, due = self._clock.wall_ns(), self._clock.now()
            while True:
                now_ns = self._clock.wall_ns()
                if now_ns - reached_ns < _BEHIND_LIMIT_NS:
                    reached_ns = min(now_ns, reached_ns + _SLICE_NS)
                else:
                    reached_ns = now_ns
                self._model.step(reached_ns)
                for session, line in self._lines.items():
                    if session.outbox or session.backlog:
                        line.flush(now_ns)
                for session in self._model.idle(now_ns):
                    if session in self._lines:
                        self._lines[session].cut("idle")
                # Steps keep to a schedule: pauses that begin when the work is done would add it.
                now = self._clock.now()
                due = max(due + _STEP_S, now)
                await self._clock.sleep(due - now)
        except Exception:
            _log.exception("simulator.failed")
            self.drop()
            raise

    async def _websocket(self, request: web.Request) -> web.StreamResponse:
        # Compression is for clients that offer it. Pings are ours to see: they keep alive.
        socket = web.WebSocketResponse(autoping=False, timeout=_GOODBYE_S)
        if not socket.can_prepare(request):
            return _json(answers.bad_upgrade(), status=400)
        model, clock = self._model, self._clock
        session = model.connect(
            request.remote or "",
            clock.wall_ns(),
            endpoint=_ENDPOINTS[request.path],
            authorization=request.headers.get("Authorization"),
            origin="Origin" in request.headers,
        )
        if isinstance(session, Refusal):
            return _refused(session, self._switches)
        left = model.connects_left(session, clock.wall_ns())
        socket.headers["remaining-req"] = f"group=websocket; min=300; sec={left}"
        if session.account is None:
            socket.headers["limit-by-ip"] = "Yes"
        line: Line | None = None
        try:
            await socket.prepare(request)
            assert request.transport is not None
            line = self._lines[session] = Line(
                session,
                socket,
                request.transport,
                text=self._switches.text_frames,
                deflate=agreed(socket.headers.get("Sec-WebSocket-Extensions")),
            )
            await self._serve(session, socket, line)
        finally:
            self._lines.pop(session, None)
            code, reason = line.ending if line is not None else (ABNORMAL_CLOSE, "no handshake")
            model.disconnect(session, clock.wall_ns(), code, reason)
            # What is under way may still be read, but not for ever: a client that never reads
            # would keep its socket open.
            transport = request.transport
            if line is not None and line.unread and transport is not None:
                clock.call_at(clock.now() + _GOODBYE_S, transport.abort)
        return socket

    async def _serve(self, session: Session, socket: web.WebSocketResponse, line: Line) -> None:
        """Hear a client until one of the two has had enough."""
        model, clock = self._model, self._clock
        while session.closing is None:
            message = await socket.receive()
            now_ns = clock.wall_ns()
            if message.type == WSMsgType.TEXT:
                model.receive(session, message.data, now_ns)
                line.flush(now_ns)
            elif message.type == WSMsgType.BINARY:
                model.receive(session, message.data.decode(errors="replace"), now_ns)
                line.flush(now_ns)
            elif message.type == WSMsgType.PING:
                model.touch(session, now_ns)
                line.pong(message.data, now_ns)
            elif message.type == WSMsgType.PONG:
                model.touch(session, now_ns)
            elif socket.closed:
                return
        line.flush(clock.wall_ns())
        # Not waiting until the error has been read: the client may be one that does not read.
        await socket.close(code=NORMAL_CLOSE, drain=False)

    @web.middleware
    async def _origin_limit(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        """Quotation calls with `Origin` are few, whoever answers them."""
        if "Origin" not in request.headers or not request.path.startswith(_QUOTATION):
            return await handler(request)
        admitted = self._model.admit_origin(request.remote or "", self._clock.wall_ns())
        answer = (
            await handler(request) if admitted else _json(answers.too_many_connects(), status=429)
        )
        answer.headers["Remaining-Req"] = "group=origin; min=6; sec=0"
        return answer

    async def _stats(self, request: web.Request) -> web.Response:
        # A web page in a browser on this machine comes from loopback too, but says its origin.
        origin = request.headers.get("Origin")
        if not _is_loopback(request.remote or "") or not (
            origin is None or _is_loopback(_host_of(origin))
        ):
            return _json(answers.forbidden(), status=403)
        return web.json_response(self.stats())

    async def _unknown(self, request: web.Request) -> web.Response:
        return _json(answers.not_found(), status=404)


def _refused(refusal: Refusal, switches: Switches) -> web.Response:
    if refusal.error is not None:
        return _json(answers.refused(*refusal.error), status=refusal.status)
    if refusal.status != 418:
        return _json(answers.too_many_connects(), status=refusal.status)
    text, seconds = answers.blocked(refusal.wait_s)
    headers = {"Retry-After": str(seconds)}
    told = switches.block_told
    return _json(
        text if told in ("both", "body") else answers.too_many_connects(),
        status=418,
        headers=headers if told in ("both", "header") else None,
    )


def _json(text: str, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(text=text, status=status, headers=headers, content_type="application/json")


def _host_of(origin: str) -> str:
    """The host that an `Origin` header names; empty if it names none."""
    try:
        return urlsplit(origin).hostname or ""
    except ValueError:
        return ""


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)
