"""The local exchange on a socket: a thin aiohttp server around the pure model.

One task steps the model for everybody and hands each connection what has become due.
"""

import asyncio
import logging
from ipaddress import ip_address
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from aiohttp import WSMsgType, web

from tickwire.errors import UsageError
from tickwire.simulator import rest
from tickwire.simulator.exchange import Exchange, Refusal
from tickwire.simulator.instruments import MARKET_COUNT, instruments, named
from tickwire.simulator.line import ABNORMAL_CLOSE, NORMAL_CLOSE, Line
from tickwire.simulator.session import Session
from tickwire.simulator.tape import load_tape
from tickwire.world import Clock, SystemClock

__all__ = ["Simulator"]

_log = logging.getLogger(__name__)

# Finer steps would only wake the processor more often: the market's own grid is 100 ms.
_STEP_S = 0.01

# How long a closing connection waits for the client's goodbye.
_GOODBYE_S = 1.0


class Simulator:
    """A stand-in for Upbit on this machine: same wire, made-up market, no account, no network.

        async with Simulator(seed=7, markets=20) as exchange:
            client = WebSocketClient(websocket_base_url=exchange.websocket_base_url)

    The same `seed` gives the same market. `markets` takes the first so many of 855, KRW-BTC first.
    With a `tape` there is no synthetic market: each connection hears the recording from its start,
    at `speed` times its rhythm (0: as fast as it reads). Port 0 takes a free one.

    Whoever reaches the port may use it, so it listens on loopback unless `host` says otherwise.
    Raises `UsageError` for values out of range, a bad tape, and an address it cannot listen on.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        markets: int = MARKET_COUNT,
        tape: Path | None = None,
        speed: float = 1.0,
        host: str = "127.0.0.1",
        port: int = 0,
        clock: Clock | None = None,
    ) -> None:
        if not 1 <= markets <= MARKET_COUNT:
            raise UsageError(f"markets={markets} is out of range; choose 1 to {MARKET_COUNT}")
        if not 0 <= speed < float("inf"):
            raise UsageError(f"speed={speed} is out of range; 1 is as recorded, 0 without pauses")
        if not 0 <= port <= 65535:
            raise UsageError(f"port={port} is out of range; 0 takes a free port")
        self._seed = seed
        self._tape = None if tape is None else load_tape(Path(tape), speed)
        if self._tape is None:
            self._instruments = instruments(markets)
        else:
            self._instruments = tuple(named(code) for code in self._tape.codes)
        self._host = host
        self._port = port
        self._clock: Clock = clock or SystemClock()
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
            self._instruments, seed=self._seed, now_ns=self._clock.wall_ns(), tape=self._tape
        )
        app = web.Application()
        app.router.add_get("/websocket/v1", self._websocket)
        app.router.add_get("/v1/market/all", self._market_all)
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

    @property
    def _model(self) -> Exchange:
        if self._exchange is None:
            raise UsageError("the simulator has not been started; start it first")
        return self._exchange

    async def _step(self) -> None:
        try:
            while True:
                self._model.step(self._clock.wall_ns())
                for line in self._lines.values():
                    line.flush()
                await self._clock.sleep(_STEP_S)
        except Exception:
            _log.exception("simulator.failed")
            self.drop()
            raise

    async def _websocket(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(compress=False, timeout=_GOODBYE_S)
        if not socket.can_prepare(request):
            return _json(rest.bad_upgrade(), status=400)
        model, clock, peer = self._model, self._clock, request.remote or ""
        session = model.connect(peer, clock.wall_ns())
        if isinstance(session, Refusal):
            return _refused(session)
        left = model.connects_left(peer, clock.wall_ns())
        socket.headers["remaining-req"] = f"group=websocket; min=300; sec={left}"
        socket.headers["limit-by-ip"] = "Yes"
        line: Line | None = None
        try:
            await socket.prepare(request)
            assert request.transport is not None
            line = self._lines[session] = Line(session, socket, request.transport)
            async for message in socket:
                if message.type == WSMsgType.TEXT:
                    text = message.data
                elif message.type == WSMsgType.BINARY:
                    text = message.data.decode(errors="replace")
                else:
                    continue
                model.receive(session, text, clock.wall_ns())
                line.flush()
                if session.closing is not None:
                    await socket.close(code=NORMAL_CLOSE)
        finally:
            self._lines.pop(session, None)
            code, reason = line.ending if line is not None else (ABNORMAL_CLOSE, "no handshake")
            model.disconnect(session, clock.wall_ns(), code, reason)
        return socket

    async def _market_all(self, request: web.Request) -> web.Response:
        details = request.query.get("is_details", "false").lower() == "true"
        return _json(rest.market_list(self._model.instruments, details=details))

    async def _stats(self, request: web.Request) -> web.Response:
        # A web page in a browser on this machine comes from loopback too, but says its origin.
        origin = request.headers.get("Origin")
        if not _is_loopback(request.remote or "") or not (
            origin is None or _is_loopback(_host_of(origin))
        ):
            return _json(rest.forbidden(), status=403)
        return web.json_response(self.stats())

    async def _unknown(self, request: web.Request) -> web.Response:
        return _json(rest.not_found(), status=404)


def _refused(refusal: Refusal) -> web.Response:
    if refusal.status == 418:
        text, seconds = rest.blocked(refusal.wait_s)
        return _json(text, status=418, headers={"Retry-After": str(seconds)})
    return _json(rest.too_many_connects(), status=refusal.status)


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
