"""The local exchange on a socket: a thin aiohttp server around the pure model.

Its life (start, stop), its address, and the incidents that a test can make happen. What is on the
port stands in `websocket_routes`, in the routes of `rest`, and in `stats_route`.
"""

import asyncio
import logging
from collections.abc import Mapping
from math import inf
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from tickwire.errors import UsageError
from tickwire.simulator.exchange import Exchange
from tickwire.simulator.handshakes import Handshakes
from tickwire.simulator.line import GOODBYE_S, Line
from tickwire.simulator.loopback import is_loopback
from tickwire.simulator.market.instruments import MARKET_COUNT, MAX_RATE, instruments, named
from tickwire.simulator.rest import answers
from tickwire.simulator.rest.order_routes import order_routes
from tickwire.simulator.rest.origin_limit import origin_limit
from tickwire.simulator.rest.quotation_routes import quotation_routes
from tickwire.simulator.stats_route import stats_route
from tickwire.simulator.stepping import keep_stepping
from tickwire.simulator.switches import Switches
from tickwire.simulator.tape import load_tape
from tickwire.simulator.websocket_routes import websocket_routes
from tickwire.simulator.wire.session import Session
from tickwire.world import Clock, SystemClock

__all__ = ["Simulator"]

_log = logging.getLogger(__name__)


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
        self._tasks: list[asyncio.Task[None]] = []
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
        if not is_loopback(self._host):
            _log.warning(
                "simulator.exposed host=%s: everybody who reaches this machine can connect",
                self._host,
            )
        self._exchange = model = Exchange(
            self._instruments,
            seed=self._seed,
            now_ns=self._clock.wall_ns(),
            tape=self._tape,
            keys=self._keys,
            switches=self._switches,
        )
        handshakes = Handshakes(self._clock)
        origins = origin_limit(model.admission, self._clock)
        app = web.Application(middlewares=[handshakes.middleware, origins])
        app.router.add_routes(websocket_routes(model, self._clock, self._lines))
        app.router.add_routes(quotation_routes(model, self._clock))
        app.router.add_routes(order_routes(model.accounts, model.authority, self._clock))
        app.router.add_routes(stats_route(self.stats))
        app.router.add_route("*", "/{path:.*}", _unknown)
        runner = web.AppRunner(
            app, access_log=None, handle_signals=False, shutdown_timeout=GOODBYE_S
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
        server = runner.server
        assert server is not None
        self._tasks = [
            asyncio.create_task(work, name=f"tickwire simulator: {name}")
            for name, work in (
                ("steps", keep_stepping(model, self._clock, self._lines)),
                ("handshakes", handshakes.keep_cutting(lambda: server.connections)),
            )
        ]

    async def stop(self) -> None:
        """Say goodbye to everybody and close the port. Stopping twice is no error."""
        runner, self._runner = self._runner, None
        if runner is None:
            return
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
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
        """Cut every connection and refuse new ones with HTTP 418 for so long, in seconds.

        Raises `UsageError`.
        """
        if not 0 < seconds < inf:
            raise UsageError(f"a ban of {seconds} s is none; choose a number above 0")
        self._model.admission.ban(self._clock.wall_ns() + round(seconds * 1e9))
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


async def _unknown(request: web.Request) -> web.Response:
    return web.json_response(text=answers.not_found(), status=404)
