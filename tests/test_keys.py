"""Keys: who needs them, what becomes of refused ones, and where they never appear."""

import asyncio
import json
import logging
import pickle
import traceback
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tests.harness import MARKETS, trade_frame, virtual_world
from tickwire import (
    AuthenticationError,
    ControlEvent,
    DataType,
    HandshakeRefused,
    JWTManager,
    Reconnecting,
    Refused,
    SubscriptionSpec,
    SyncWebSocketClient,
    TradeEvent,
    TransportError,
    UsageError,
    Verification,
    WebSocketClient,
    WebSocketManager,
    get_global_websocket_manager,
)
from tickwire.simulator import Simulator, Switches
from tickwire.testing import ManualClock, MemoryNetwork, MemoryTransport
from tickwire.transport.supervisor import LaneStatistics
from tickwire.world import Listener

ACCESS = "xCanaryAccessKeyThatAppearsNowhere-a1b2c3"
SECRET = "yCanarySecretKeyThatAppearsNowhere-d4e5f6"
BTC = MARKETS[0]
MY_ORDERS = SubscriptionSpec(DataType.MY_ORDER, BTC)
TRADES = SubscriptionSpec(DataType.TRADE, BTC)


@pytest.fixture(autouse=True)
def no_keys_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UPBIT_ACCESS_KEY", raising=False)
    monkeypatch.delenv("UPBIT_SECRET_KEY", raising=False)


@dataclass
class Doors:
    """A network that remembers every handshake and may refuse the keys, in either form."""

    clock: ManualClock
    network: MemoryNetwork
    refuses: str | None = None
    handshakes: list[tuple[float, str, Mapping[str, str]]] = field(default_factory=list)
    failures: list[TransportError] = field(default_factory=list)

    async def connect(
        self, url: str, *, headers: Mapping[str, str], listener: Listener, compression: bool = True
    ) -> MemoryTransport:
        self.handshakes.append((self.clock.now(), url, headers))
        if not headers:
            return await self.network.connect(url, headers=headers, listener=listener)
        if self.failures:
            raise self.failures.pop(0)
        if self.refuses == "HTTP 401":
            raise HandshakeRefused(401)
        transport = await self.network.connect(url, headers=headers, listener=listener)
        if self.refuses == "INVALID_AUTH":
            transport.received = lambda _: self._invalid(transport)
        return transport

    def _invalid(self, transport: MemoryTransport) -> None:
        def answer() -> None:
            text = "인증 정보가 올바르지 않습니다."
            transport.deliver(json.dumps({"error": {"name": "INVALID_AUTH", "message": text}}))
            transport.lose("closed by the server (1000)")

        self.clock.call_at(self.clock.now() + 0.1, answer)

    def at(self, endpoint: str) -> list[float]:
        """When somebody knocked there."""
        return [when for when, url, _ in self.handshakes if url.endswith(endpoint)]


@dataclass
class Scene:
    """A manager with keys, and two components that remember what they are told."""

    clock: ManualClock
    network: MemoryNetwork
    doors: Doors
    manager: WebSocketManager
    owner: "Owner"
    guest: "Owner"

    async def begin(self) -> None:
        """One component wants private streams, another one public streams."""
        await self.manager.register_component("owner", self.owner, [MY_ORDERS])
        await self.manager.register_component("guest", self.guest, [TRADES])


class Owner:
    """A component that remembers what it was told."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.control: list[ControlEvent] = []

    def handle_event(self, event: Any) -> None:
        self.events.append(event)

    def handle_control(self, event: ControlEvent) -> None:
        self.control.append(event)


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    clock, network = ManualClock(), MemoryNetwork()
    doors = Doors(clock, network)
    world = replace(virtual_world(clock, network), connect=doors.connect)
    async with WebSocketManager(access_key=ACCESS, secret_key=SECRET, world=world) as manager:
        yield Scene(clock, network, doors, manager, Owner(), Owner())


def lane_of(manager: WebSocketManager, endpoint: str) -> LaneStatistics:
    [lane] = [lane for lane in manager.statistics().lanes if lane.endpoint == endpoint]
    return lane


# --- who needs keys ---------------------------------------------------------------------------


async def test_without_keys_private_streams_are_refused_at_the_call() -> None:
    """The error says what to do; nothing is recorded, and public streams go on."""
    clock, network = ManualClock(), MemoryNetwork()
    heard: list[TradeEvent] = []
    async with (
        WebSocketManager(world=virtual_world(clock, network)) as manager,
        WebSocketClient("client", manager=manager) as client,
    ):
        await client.subscribe_trade(BTC, heard.append)
        with pytest.raises(AuthenticationError, match="UPBIT_ACCESS_KEY is missing; pass both"):
            await client.subscribe(MY_ORDERS)
        with pytest.raises(AuthenticationError, match="UPBIT_ACCESS_KEY is missing; pass both"):
            await manager.register_component("another", None, [TRADES, MY_ORDERS])
        await clock.advance(1.0)
        network.last.deliver(trade_frame(BTC, 1))
        assert len(heard) == 1
        assert [transport.url[-13:] for transport in network.transports] == ["/websocket/v1"]
        assert list(manager.statistics().components) == ["client"]


async def test_keys_of_the_environment_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """They may be set after the client was made."""
    async with Simulator(markets=2, keys={ACCESS: SECRET}) as exchange:
        client = WebSocketClient("env", websocket_base_url=exchange.websocket_base_url)
        async with client:
            monkeypatch.setenv("UPBIT_ACCESS_KEY", ACCESS)
            monkeypatch.setenv("UPBIT_SECRET_KEY", SECRET)
            await client.subscribe(MY_ORDERS)
            await until(lambda: exchange.stats()["totals"]["messages"] == 1)
        [connection] = exchange.stats()["connections"]
        assert connection["endpoint"] == "private"


async def until(condition: Any) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("algorithm", ["HS512", "HS256"])
async def test_every_handshake_brings_a_fresh_token(algorithm: Any) -> None:
    """The exchange takes each nonce once and saw three; the public endpoint saw no token."""
    async with (
        Simulator(markets=2, keys={ACCESS: SECRET}) as exchange,
        WebSocketManager(
            websocket_base_url=exchange.websocket_base_url,
            access_key=ACCESS,
            secret_key=SECRET,
            jwt_algorithm=algorithm,
        ) as manager,
    ):
        await manager.register_component("owner", None, [MY_ORDERS, TRADES])
        await until(lambda: exchange.stats()["totals"]["messages"] == 2)
        exchange.drop()
        await until(lambda: exchange.stats()["totals"]["messages"] == 4)
        exchange.drop()
        await until(lambda: exchange.stats()["totals"]["messages"] == 6)
        totals = exchange.stats()["totals"]
        assert (totals["auth_failures"], totals["nonce_reuses"]) == (0, 0)
        accounts = {
            connection["endpoint"]: bool(connection["account"])
            for connection in exchange.stats()["connections"]
        }
        assert accounts == {"private": True, "public": False}


async def test_only_the_endpoints_that_need_it_get_the_header(scene: Scene) -> None:
    """Where a type needs keys the handshake has the token, and nothing else has."""
    await scene.begin()
    await scene.clock.advance(1.0)
    sent = {url.removeprefix("wss://api.upbit.com"): set(h) for _, url, h in scene.doors.handshakes}
    assert sent == {"/websocket/v1": set(), "/websocket/v1/private": {"Authorization"}}


# --- options ----------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [WebSocketManager, lambda **keys: WebSocketClient("c", **keys)])
def test_bad_keys_are_refused_where_they_are_passed(make: Any) -> None:
    """Half a pair, nonsense, and an address where others could read."""
    with pytest.raises(AuthenticationError, match="secret_key is missing"):
        make(access_key=ACCESS)
    with pytest.raises(AuthenticationError, match="secret_key is empty"):
        make(access_key=ACCESS, secret_key="")
    with pytest.raises(UsageError, match="not encrypted"):
        make(access_key=ACCESS, secret_key=SECRET, websocket_base_url="ws://exchange.test")
    make(access_key=ACCESS, secret_key=SECRET, websocket_base_url="ws://127.0.0.1:9")
    make(websocket_base_url="ws://exchange.test")


async def test_a_client_takes_keys_or_a_manager() -> None:
    """The manager has keys of its own."""
    manager = await get_global_websocket_manager()
    for name in ("access_key", "secret_key"):
        with pytest.raises(UsageError, match="either manager= or keys"):
            WebSocketClient("c", manager=manager, **{name: "key"})  # type: ignore[arg-type]


async def test_clients_share_a_manager_by_address_and_access_key() -> None:
    """The same key, the same connection; another key or none, another one."""
    async with Simulator(markets=2, keys={ACCESS: SECRET, "b": "c"}) as exchange:
        url = exchange.websocket_base_url
        pairs = [(ACCESS, SECRET), (ACCESS, SECRET), ("b", "c"), (None, None)]
        clients = [
            WebSocketClient(
                f"client-{n}", websocket_base_url=url, access_key=access, secret_key=secret
            )
            for n, (access, secret) in enumerate(pairs)
        ]
        for client in clients:
            await client.subscribe(TRADES)
            assert await client.ready()
        assert exchange.stats()["totals"]["connects"] == 3
        stranger = WebSocketClient(
            "stranger", websocket_base_url=url, access_key=ACCESS, secret_key="another"
        )
        with pytest.raises(UsageError, match="with another secret_key"):
            await stranger.subscribe(TRADES)
        for client in clients:
            await client.disconnect()


# --- refused keys -----------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["HTTP 401", "INVALID_AUTH"])
async def test_refused_keys_are_told_and_tried_slowly(
    scene: Scene, form: str, caplog: pytest.LogCaptureFixture
) -> None:
    """One quick try with another token, then minutes; the component concerned is told why."""
    scene.doors.refuses = form
    await scene.begin()
    caplog.set_level(logging.INFO)
    await scene.clock.advance(50.0)
    assert len(scene.doors.at("/private")) == 2
    [first, refused, second] = scene.owner.control
    assert isinstance(first, Reconnecting)
    assert form in first.reason
    assert not first.alarm
    assert isinstance(refused, Refused)
    assert isinstance(refused.error, AuthenticationError)
    assert isinstance(second, Reconnecting)
    assert second.alarm
    assert second.delay_s >= 60.0
    for part in ("both are right", "not expired", "IP address", "permissions"):
        assert part in str(refused.error)
    [told] = [record for record in caplog.records if "permissions" in record.message]
    assert told.levelno == logging.ERROR
    assert told.message == f"private: {refused.error}"
    await scene.clock.advance(3600.0)
    times = scene.doors.at("/private")
    assert len(times) == 10
    tokens = {headers["Authorization"] for _, _, headers in scene.doors.handshakes if headers}
    assert len(tokens) == 10
    assert lane_of(scene.manager, "private").state == "error"


@pytest.mark.parametrize("form", ["HTTP 401", "INVALID_AUTH"])
async def test_public_streams_do_not_notice_refused_keys(scene: Scene, form: str) -> None:
    """Their connection stands, their data flows, and they are told nothing."""
    scene.doors.refuses = form
    await scene.begin()
    await scene.clock.advance(1.0)
    [public] = [each for each in scene.network.transports if each.url.endswith("/v1")]
    for number in range(1, 101):
        await scene.clock.advance(1.0)
        public.deliver(trade_frame(BTC, number))
    assert [event.sequential_id for event in scene.guest.events] == list(range(1, 101))
    assert scene.guest.control == []
    assert len(scene.doors.at("/v1")) == 1
    assert public.is_open


async def test_what_refused_keys_leave_unasked_is_unverified() -> None:
    """The public connection answers for itself alone."""
    async with (
        Simulator(markets=2, keys={ACCESS: SECRET}) as exchange,
        WebSocketManager(
            websocket_base_url=exchange.websocket_base_url, access_key=ACCESS, secret_key="wrong"
        ) as manager,
    ):
        await manager.register_component("guest", None, [TRADES])
        assert await manager.ready(10)
        assert await manager.verify_subscriptions()
        await manager.register_component("owner", None, [MY_ORDERS])
        await until(lambda: lane_of(manager, "private").state == "error")
        found = await manager.verify_subscriptions()
        assert found == Verification(frozenset(), frozenset(), frozenset(MY_ORDERS.streams))
        assert not found


@pytest.mark.parametrize("form", ["HTTP 401", "INVALID_AUTH"])
async def test_a_nonce_that_came_twice_costs_a_second(scene: Scene, form: str) -> None:
    """The second token is taken; nobody is told of refused keys."""
    scene.doors.refuses = form
    await scene.begin()
    await scene.clock.advance(0.5)
    scene.doors.refuses = None
    await scene.clock.advance(1.5)
    first, second = scene.doors.at("/private")
    assert 1.0 <= second - first <= 1.5
    assert lane_of(scene.manager, "private").state in ("subscribing", "active")
    assert [type(event) for event in scene.owner.control] == [Reconnecting]


async def test_a_network_that_fails_is_no_refusal(scene: Scene) -> None:
    """The private connection comes back by the ordinary waits."""
    scene.doors.failures = [TransportError("no route"), HandshakeRefused(503)]
    await scene.begin()
    await scene.clock.advance(3.0)
    assert len(scene.doors.at("/private")) == 3
    assert {type(event) for event in scene.owner.control} <= {Reconnecting}
    assert lane_of(scene.manager, "private").state == "active"


async def test_a_refusal_on_the_public_endpoint_says_nothing_of_keys() -> None:
    """Something between us and the exchange answers 401; it is a failure like others."""
    clock, network = ManualClock(), MemoryNetwork()
    network.failures = [HandshakeRefused(401), HandshakeRefused(401)]
    async with WebSocketManager(world=virtual_world(clock, network)) as manager:
        owner = Owner()
        await manager.register_component("owner", owner, [TRADES])
        await clock.advance(3.0)
        assert network.attempts == 3
        assert {type(event) for event in owner.control} == {Reconnecting}


@pytest.mark.parametrize("in_band", [False, True])
async def test_an_exchange_that_does_not_know_the_key_is_asked_twice(in_band: bool) -> None:
    """On real sockets, in both forms; the public stream beside it is live."""
    owner = Owner()
    switches = Switches(in_band_auth=in_band)
    async with (
        Simulator(markets=2, keys={ACCESS: SECRET}, switches=switches) as exchange,
        WebSocketManager(
            websocket_base_url=exchange.websocket_base_url, access_key=ACCESS, secret_key="wrong"
        ) as manager,
    ):
        await manager.register_component("owner", owner, [MY_ORDERS, TRADES])
        await until(lambda: any(isinstance(event, Refused) for event in owner.control))
        await until(lambda: lane_of(manager, "public").state == "active")
        assert exchange.stats()["totals"]["auth_failures"] == 2
        assert lane_of(manager, "private").state == "error"
        [refused] = [event for event in owner.control if isinstance(event, Refused)]
        assert isinstance(refused.error, AuthenticationError)


# --- where keys never appear ------------------------------------------------------------------


class Everything(logging.Handler):
    """Keeps every record of every logger as text."""

    def __init__(self) -> None:
        super().__init__(level=1)
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter("%(name)s %(levelno)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{self.format(record)} {record.msg!r} {record.args!r}")


@pytest.fixture
def everything(monkeypatch: pytest.MonkeyPatch) -> Any:
    """All that is logged by anybody, down to the lowest level."""
    handler, root = Everything(), logging.getLogger()
    loggers = [root, *(logging.getLogger(name) for name in ("asyncio", "aiohttp", "picows"))]
    for logger in (*loggers, logging.getLogger("tickwire"), logging.getLogger("websockets")):
        monkeypatch.setattr(logger, "level", 1)
        logger.manager._clear_cache()  # type: ignore[attr-defined]
    root.addHandler(handler)
    yield handler
    root.removeHandler(handler)


def shown(*objects: object) -> list[str]:
    """Everything that a program could print of these: text, attributes, what a pickle holds."""
    texts = []
    for each in objects:
        texts += [repr(each), str(each), f"{each}", repr(getattr(each, "__dict__", None))]
        try:
            texts.append(pickle.dumps(each, 0).decode("latin-1"))
        except Exception as error:
            texts.append("".join(traceback.format_exception(error)))
    return texts


def provoked(error: BaseException) -> list[str]:
    return ["".join(traceback.format_exception(error)), repr(error), repr(vars(error))]


def has_seen_it_all(manager: WebSocketManager, owner: Owner) -> bool:
    """Whether both connections have come back, or the private one will not."""
    refused = any(isinstance(event, Refused) for event in owner.control)
    lanes = manager.statistics().lanes
    return all(lane.connects > 1 or (refused and lane.endpoint == "private") for lane in lanes)


async def a_life_with_keys(exchange: Simulator, owner: Owner) -> list[str]:
    """Connect, lose the connection, come back or be refused, err, end; all that can be shown."""
    url = exchange.websocket_base_url
    client = WebSocketClient("me", websocket_base_url=url, access_key=ACCESS, secret_key=SECRET)
    sync = SyncWebSocketClient("me", websocket_base_url=url, access_key=ACCESS, secret_key=SECRET)
    other = WebSocketClient("me", websocket_base_url=url, access_key=ACCESS, secret_key="other")
    texts = shown(client, sync, other)
    await client.subscribe(MY_ORDERS)
    await client.subscribe(TRADES)
    manager = client._manager
    assert manager is not None
    await manager.register_component("owner", owner, [MY_ORDERS, TRADES])
    await until(lambda: exchange.stats()["totals"]["messages"] >= 1)
    exchange.drop()
    await until(lambda: has_seen_it_all(manager, owner))
    texts += shown(client, manager, manager.jwt_manager, manager.statistics(), manager._exchange)
    texts += shown(*manager.statistics().lanes, *owner.control, *asyncio.all_tasks())
    texts += shown(client.explain())
    with pytest.raises(UsageError) as conflict:
        await other.subscribe(TRADES)
    await client.disconnect()
    await manager.stop()
    with pytest.raises(UsageError) as closed:
        await client.subscribe(MY_ORDERS)
    return texts + provoked(conflict.value) + provoked(closed.value)


@pytest.mark.parametrize("in_band", [False, True])
@pytest.mark.parametrize("secret", [SECRET, "changed"])
async def test_the_canary_is_never_seen(
    secret: str, in_band: bool, everything: Everything, capfd: Any
) -> None:
    """In logs, objects, pickles and tracebacks; with keys that are taken and keys that are not."""
    asyncio.get_running_loop().set_debug(True)
    owner = Owner()
    with pytest.raises(AuthenticationError) as malformed:
        WebSocketClient("c", access_key=ACCESS, secret_key=f"{SECRET}\n")
    with pytest.raises(UsageError) as exposed:
        WebSocketClient("c", access_key=ACCESS, secret_key=SECRET, websocket_base_url="ws://e.test")
    texts = provoked(malformed.value) + provoked(exposed.value)
    switches = Switches(in_band_auth=in_band)
    async with Simulator(markets=2, keys={ACCESS: secret}, switches=switches) as exchange:
        texts += await a_life_with_keys(exchange, owner)
    kinds = {type(event) for event in owner.control}
    assert Reconnecting in kinds
    assert (Refused in kinds) == (secret != SECRET)
    for name in ("tickwire", "picows", "asyncio"):
        assert [line for line in everything.lines if line.startswith(name)], name
    everywhere = "\n".join([*texts, *everything.lines, *capfd.readouterr()])
    # However the key falls on the groups of three bytes that base64 is made of.
    encoded = [urlsafe_b64encode(ACCESS[n:].encode()).decode()[4:-8] for n in range(3)]
    for canary in (ACCESS, SECRET, *encoded, "eyJ", "Bearer", "Authorization"):
        assert canary not in everywhere, canary


async def test_locals_of_a_failed_handshake_show_no_token() -> None:
    """Tools that report the variables of each frame find a header that hides its value."""
    manager = JWTManager(ACCESS, SECRET)

    async def connect(headers: Mapping[str, str]) -> None:
        raise TransportError("no route")

    with pytest.raises(TransportError) as failed:
        await connect(manager.headers())
    report = "".join(
        traceback.TracebackException.from_exception(failed.value, capture_locals=True).format()
    )
    assert "headers = {'Authorization': <hidden>}" in report
    assert "eyJ" not in report
