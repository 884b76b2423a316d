"""Orders on real sockets: REST calls as the official SDK, pyupbit and ccxt make them, and messages.

The tokens are made with PyJWT and the hashes as the official SDK 1.1.0 makes them.
"""

import asyncio
import hashlib
import json
import uuid
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any
from urllib.parse import unquote, urlencode

import aiohttp
import jwt
import pytest

from tests.simulator.desk import StillClock
from tickwire.simulator import Simulator

ACCESS, SECRET = "alice-key", "alice-secret-which-is-long-enough-for-hs512-" + "x" * 40
KEYS = {ACCESS: SECRET, "bob-key": "bob-secret-" + "y" * 60}
FAR = {"market": "KRW-BTC", "side": "bid", "ord_type": "limit", "price": "1000000", "volume": "1"}

Json = Any


class Client:
    """Calls with tokens, in the shapes of the official SDK."""

    def __init__(self, simulator: Simulator, web: aiohttp.ClientSession, key: str = ACCESS) -> None:
        self.simulator = simulator
        self._web = web
        self._key = key
        self.headers: dict[str, str] = {}

    def token(self, query: str = "") -> dict[str, str]:
        """The header for a request with this query string."""
        claims = {"access_key": self._key, "nonce": str(uuid.uuid4())}
        if query:
            claims["query_hash"] = hashlib.sha512(unquote(query).encode()).hexdigest()
            claims["query_hash_alg"] = "SHA512"
        token = jwt.encode(claims, KEYS[self._key], algorithm="HS256")
        return {"Authorization": f"Bearer {token}"}

    async def call(self, method: str, path: str, **params: object) -> tuple[int, Json]:
        """`POST` with a JSON body, everything else with a query string."""
        pairs: list[tuple[str, object]] = []
        for name, value in params.items():
            if isinstance(value, list):
                pairs += [(f"{name}[]", one) for one in value]
            else:
                pairs.append((name, value))
        query = urlencode(pairs)
        url, body = self.simulator.base_url + path, None
        if method == "POST":
            body = params
        elif query:
            url += "?" + query
        async with self._web.request(method, url, json=body, headers=self.token(query)) as answer:
            self.headers = {name.lower(): value for name, value in answer.headers.items()}
            return answer.status, await answer.json()

    async def raw(self, method: str, path: str, query: str, **options: Any) -> tuple[int, Json]:
        """Any request, with the token for this query string."""
        url = self.simulator.base_url + path
        async with self._web.request(method, url, headers=self.token(query), **options) as answer:
            return answer.status, await answer.json()

    async def balances(self) -> dict[str, tuple[Decimal | int, Decimal | int]]:
        """Free and locked by currency."""
        status, accounts = await self.call("GET", "/v1/accounts")
        assert status == 200
        return {
            one["currency"]: (Decimal(one["balance"]), Decimal(one["locked"])) for one in accounts
        }

    async def listen(self, *types: dict[str, object]) -> aiohttp.ClientWebSocketResponse:
        """A private connection with these wishes."""
        url = self.simulator.websocket_base_url + "/websocket/v1/private"
        socket = await self._web.ws_connect(url, headers=self.token())
        await socket.send_json([{"ticket": "t"}, *types])
        # An answer says that the subscription stands.
        await socket.send_json([{"ticket": "t"}, {"method": "LIST_SUBSCRIPTIONS"}])
        assert "result" in json.loads((await socket.receive()).data)
        return socket


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    """A running exchange with two accounts."""
    async with Simulator(markets=10, seed=3, keys=KEYS) as simulator:
        yield simulator


@pytest.fixture
async def web() -> AsyncIterator[aiohttp.ClientSession]:
    """An independent HTTP client."""
    async with aiohttp.ClientSession() as web:
        yield web


@pytest.fixture
def client(simulator: Simulator, web: aiohttp.ClientSession) -> Client:
    """The holder of the first account."""
    return Client(simulator, web)


async def messages(
    socket: aiohttp.ClientWebSocketResponse, order: str, kind: str = "myOrder"
) -> list[Json]:
    """All of an order until it has ended."""
    told: list[Json] = []
    while not told or told[-1]["state"] not in ("done", "cancel"):
        message = json.loads((await socket.receive(timeout=30)).data, parse_float=Decimal)
        if message.get("uuid") == order:
            told.append(message)
    return told


async def test_a_purchase_from_wait_to_done(client: Client) -> None:
    """Placed, traded, done: the messages, the order and the balances agree to the last digit."""
    before = await client.balances()
    assert before["KRW"] == (100_000_000, 0)
    async with await client.listen({"type": "myOrder"}, {"type": "myAsset"}) as socket:
        status, placed = await client.call(
            "POST",
            "/v1/orders",
            market="KRW-BTC",
            side="bid",
            ord_type="limit",
            price="200000000",
            volume="0.05",
            identifier="bot-1",
        )
        assert (status, placed["state"], placed["trades_count"]) == (201, "wait", 0)
        assert placed["reserved_fee"] == "5000"
        assert (placed["locked"], placed["remaining_fee"]) == ("10005000", "5000")
        assert placed["created_at"].endswith("+09:00")
        assert client.headers["remaining-req"] == "group=order; min=720; sec=11"
        told = await messages(socket, placed["uuid"])
    assert [one["state"] for one in told] == ["wait", *["trade"] * (len(told) - 2), "done"]
    fills = [one for one in told if one["state"] == "trade"]
    spent = sum((one["price"] * one["volume"] for one in fills), Decimal(0))
    fees = sum((one["trade_fee"] for one in fills), Decimal(0))
    assert fees == spent * Decimal("0.0005") == told[-1]["paid_fee"]
    after = await client.balances()
    assert after["KRW"] == (100_000_000 - spent - fees, 0)
    assert after["BTC"] == (before["BTC"][0] + Decimal("0.05"), 0)
    for wanted in ({"uuid": placed["uuid"]}, {"identifier": "bot-1"}):
        status, order = await client.call("GET", "/v1/order", **wanted)
        assert (status, order["state"], order["executed_volume"]) == (200, "done", "0.05")
    assert [one["uuid"] for one in order["trades"]] == [one["trade_uuid"] for one in fills]
    assert sum(Decimal(one["funds"]) for one in order["trades"]) == spent
    assert Decimal(order["paid_fee"]) == fees and order["locked"] == "0"


async def test_the_public_hears_of_it(client: Client, web: aiohttp.ClientSession) -> None:
    """A taker's fills are trades of the market; who it was is not said."""
    async with web.ws_connect(client.simulator.websocket_base_url + "/websocket/v1") as socket:
        await socket.send_json([{"ticket": "t"}, {"type": "trade", "codes": ["KRW-BTC"]}])
        await socket.receive()
        _, placed = await client.call(
            "POST",
            "/v1/orders",
            market="KRW-BTC",
            side="ask",
            ord_type="market",
            volume="0.01234567",
        )
        order: Json = {"state": "wait"}
        while order["state"] == "wait":
            _, order = await client.call("GET", "/v1/order", uuid=placed["uuid"])
            await asyncio.sleep(0.05)
        mine = {(Decimal(one["price"]), Decimal(one["volume"])) for one in order["trades"]}
        while mine:
            trade = json.loads((await socket.receive(timeout=10)).data, parse_float=Decimal)
            mine.discard((trade["trade_price"], trade["trade_volume"]))


async def test_a_cancelled_order_gives_everything_back(client: Client) -> None:
    """Open, cancelled, closed; then there is nothing left to cancel."""
    async with await client.listen({"type": "myOrder", "codes": ["KRW-BTC"]}) as socket:
        _, placed = await client.call("POST", "/v1/orders", **FAR)
        assert (await client.balances())["KRW"] == (Decimal("98999500"), Decimal("1000500"))
        _, listed = await client.call("GET", "/v1/orders/open", market="KRW-BTC", states=["wait"])
        assert [one["uuid"] for one in listed] == [placed["uuid"]]
        status, asked = await client.call("DELETE", "/v1/order", uuid=placed["uuid"])
        assert (status, asked["uuid"], asked["state"]) == (200, placed["uuid"], "wait")
        told = await messages(socket, placed["uuid"])
    assert [one["state"] for one in told] == ["wait", "cancel"]
    assert (await client.balances())["KRW"] == (100_000_000, 0)
    _, closed = await client.call("GET", "/v1/orders/closed", states=["done", "cancel"], limit=10)
    assert [(one["uuid"], one["state"]) for one in closed] == [(placed["uuid"], "cancel")]
    _, named = await client.call("GET", "/v1/orders/uuids", uuids=[placed["uuid"], "other"])
    assert [one["uuid"] for one in named] == [placed["uuid"]]
    status, error = await client.call("DELETE", "/v1/order", uuid=placed["uuid"])
    assert (status, error["error"]["name"]) == (404, "order_not_found")


async def test_post_only_that_would_take_ends_as_cancel(client: Client) -> None:
    """It is accepted, cancelled without a trade, and costs nothing."""
    async with await client.listen({"type": "myOrder"}) as socket:
        form = {**FAR, "price": "200000000", "volume": "0.01", "time_in_force": "post_only"}
        _, placed = await client.call("POST", "/v1/orders", **form)
        told = await messages(socket, placed["uuid"])
    assert [one["state"] for one in told] == ["wait", "cancel"]
    assert told[-1]["time_in_force"] == "post_only" and told[-1]["trades_count"] == 0
    assert (await client.balances())["KRW"] == (100_000_000, 0)


async def test_too_little_money_is_refused(client: Client) -> None:
    """By its name, and the balances stay as they are."""
    before = await client.balances()
    status, error = await client.call("POST", "/v1/orders", **{**FAR, "volume": "100"})
    assert (status, error["error"]["name"]) == (400, "insufficient_funds_bid")
    form = {"market": "KRW-ETH", "side": "ask", "ord_type": "market", "volume": "10.1"}
    status, error = await client.call("POST", "/v1/orders", **form)
    assert (status, error["error"]["name"]) == (400, "insufficient_funds_ask")
    assert await client.balances() == before


async def test_messages_are_for_their_account_only(
    client: Client, web: aiohttp.ClientSession
) -> None:
    """Another account hears and finds nothing; balances come as SIMPLE where that was asked."""
    other = Client(client.simulator, web, "bob-key")
    async with (
        await other.listen({"type": "myOrder"}, {"type": "myAsset"}) as theirs,
        await client.listen({"type": "myAsset"}, {"format": "SIMPLE"}) as mine,
    ):
        _, placed = await client.call("POST", "/v1/orders", **FAR)
        heard = json.loads((await mine.receive(timeout=10)).data, parse_float=Decimal)
        assert (heard["ty"], heard["st"]) == ("myAsset", "REALTIME")
        assert heard["ast"] == [{"cu": "KRW", "b": Decimal("98999500"), "l": Decimal("1000500")}]
        status, _ = await other.call("GET", "/v1/order", uuid=placed["uuid"])
        assert status == 404
        _, own = await other.call("POST", "/v1/orders", **FAR)
        first = json.loads((await theirs.receive(timeout=10)).data)
        assert first["uuid"] == own["uuid"]


async def test_the_chance_names_fees_and_minimums(client: Client) -> None:
    """With all members that the official SDK requires."""
    status, chance = await client.call("GET", "/v1/orders/chance", market="KRW-BTC")
    assert status == 200
    assert {chance[f"{one}_fee"] for one in ("bid", "ask", "maker_bid", "maker_ask")} == {"0.0005"}
    assert chance["market"]["bid"] == {"currency": "KRW", "min_total": "5000"}
    assert {"id", "ask_types", "bid_types", "max_total", "name", "order_sides", "state"} <= set(
        chance["market"]
    )
    assert chance["bid_account"]["balance"] == "100000000"
    assert chance["ask_account"]["currency"] == "BTC"
    status, error = await client.call("GET", "/v1/orders/chance", market="KRW-NOPE")
    assert (status, error["error"]["name"]) == (404, "notfoundmarket")


async def test_a_rehearsed_order_leaves_nothing(client: Client) -> None:
    """It is judged like a real one."""
    status, order = await client.call("POST", "/v1/orders/test", **FAR)
    assert (status, order["state"], order["locked"]) == (201, "wait", "1000500")
    assert client.headers["remaining-req"].startswith("group=order-test;")
    status, error = await client.call("POST", "/v1/orders/test", **{**FAR, "price": "1000001"})
    assert (status, error["error"]["name"]) == (400, "invalid_price_bid")
    assert (await client.call("GET", "/v1/orders/open"))[1] == []
    assert (await client.balances())["KRW"] == (100_000_000, 0)


async def test_other_clients_shapes(client: Client) -> None:
    """pyupbit sends forms, others JSON numbers or a body to cancel; ccxt does not encode."""
    form = urlencode({**FAR, "volume": 0.02})
    status, placed = await client.raw("POST", "/v1/orders", form, data={**FAR, "volume": "0.02"})
    assert (status, placed["volume"]) == (201, "0.02")
    query = urlencode({"uuid": placed["uuid"]})
    status, _ = await client.raw("DELETE", "/v1/order", query, json={"uuid": placed["uuid"]})
    assert status == 200
    query = "market=KRW-BTC&side=bid&ord_type=limit&price=1000000.0&volume=0.0123"
    body = '{"market":"KRW-BTC","side":"bid","ord_type":"limit","price":1000000.0,"volume":0.0123}'
    status, placed = await client.raw("POST", "/v1/orders", query, data=body)
    assert (status, placed["price"], placed["volume"]) == (201, "1000000", "0.0123")
    query = "state=wait&page=1&limit=100&order_by=asc"
    status, listed = await client.raw("GET", "/v1/orders?" + query, query)
    assert status == 200 and placed["uuid"] in [one["uuid"] for one in listed]
    query = f"uuids[]={placed['uuid']}&order_by=desc"
    status, listed = await client.raw("GET", "/v1/orders/uuids?" + query, query)
    assert (status, len(listed)) == (200, 1)


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/v1/order", {}),
        ("/v1/orders/uuids", {}),
        ("/v1/orders/uuids", {"uuids": [str(n) for n in range(101)]}),
        ("/v1/orders/open", {"states": ["done"]}),
        ("/v1/orders/open", {"limit": "101"}),
        ("/v1/orders/open", {"page": "x"}),
        ("/v1/orders/open", {"order_by": "up"}),
        ("/v1/orders/closed", {"state": "wait"}),
        ("/v1/orders/closed", {"start_time": "yesterday"}),
        (
            "/v1/orders/closed",
            {"start_time": "2026-11-01T00:00:00+09:00", "end_time": "2026-11-09T00:00:00"},
        ),
    ],
)
async def test_bad_questions(client: Client, path: str, params: dict[str, Any]) -> None:
    """Are answered with 400 and `validation_error`."""
    status, error = await client.call("GET", path, **params)
    assert (status, error["error"]["name"]) == (400, "validation_error")


async def test_closed_orders_by_time(client: Client) -> None:
    """A range with a zone, without one, or in milliseconds."""
    _, placed = await client.call("POST", "/v1/orders", **FAR)
    await client.call("DELETE", "/v1/order", uuid=placed["uuid"])
    while not (await client.call("GET", "/v1/orders/closed"))[1]:
        await asyncio.sleep(0.02)
    made = placed["created_at"]
    for start, found in ((made, 1), (made[:19], 1), ("1700000000000", 0)):
        _, listed = await client.call("GET", "/v1/orders/closed", start_time=start)
        assert len(listed) == found
    _, listed = await client.call("GET", "/v1/orders/closed", end_time="2020-01-01 00:00:00+00:00")
    assert listed == []


@pytest.mark.parametrize(
    "body",
    ["{", "[]", '"text"', "\x00", "[" * 100_000, '{"market":"\\ud800"}'],
)
async def test_bodies_that_are_none(client: Client, body: str) -> None:
    """Are answered with 400, not with a failure."""
    status, error = await client.raw("POST", "/v1/orders", "", data=body.encode())
    assert (status, error["error"]["name"]) == (400, "validation_error")


async def test_who_has_no_token_gets_nothing(client: Client, web: aiohttp.ClientSession) -> None:
    """No token, a hash of something else, a nonce again: 401 and its name."""
    url = client.simulator.base_url
    async with web.get(url + "/v1/accounts") as answer:
        assert answer.status == 401
        assert (await answer.json())["error"]["name"] == "no_authorization_token"
    status, error = await client.raw("GET", "/v1/order?uuid=1", "uuid=2")
    assert (status, error["error"]["name"]) == (401, "invalid_query_payload")
    status, error = await client.raw("POST", "/v1/orders", "a=b", json=FAR)
    assert (status, error["error"]["name"]) == (401, "invalid_query_payload")
    once = client.token()
    async with web.get(url + "/v1/accounts", headers=once) as answer:
        assert answer.status == 200
    async with web.get(url + "/v1/accounts", headers=once) as answer:
        assert (await answer.json())["error"]["name"] == "nonce_used"


async def test_twelve_orders_a_second(web: aiohttp.ClientSession) -> None:
    """The thirteenth is refused with 429; other groups and accounts have limits of their own."""
    async with Simulator(markets=3, keys=KEYS, clock=StillClock()) as simulator:
        client, other = Client(simulator, web), Client(simulator, web, "bob-key")
        for left in range(11, -1, -1):
            status, _ = await client.call("POST", "/v1/orders", **{**FAR, "volume": "0.01"})
            assert (status, client.headers["remaining-req"].split()[-1]) == (201, f"sec={left}")
        status, error = await client.call("POST", "/v1/orders", **FAR)
        assert (status, error["error"]["name"]) == (429, "too_many_requests")
        assert client.headers["remaining-req"] == "group=order; min=720; sec=0"
        assert (await other.call("POST", "/v1/orders", **FAR))[0] == 201
        for _ in range(30):
            assert (await client.call("GET", "/v1/accounts"))[0] == 200
        assert (await client.call("GET", "/v1/orders/open"))[0] == 429


async def test_who_goes_on_after_a_429_is_blocked(web: aiohttp.ClientSession) -> None:
    """418 says for how long, in its header and its body; other groups and accounts go on."""
    async with Simulator(markets=3, keys=KEYS, clock=StillClock()) as simulator:
        client, other = Client(simulator, web), Client(simulator, web, "bob-key")
        assert (await client.call("DELETE", "/v1/orders/open"))[0] == 200
        assert client.headers["remaining-req"] == "group=order-cancel-all; min=30; sec=0"
        status, error = await client.call("DELETE", "/v1/orders/open")
        assert (status, error["error"]["name"]) == (429, "too_many_requests")
        assert "retry-after" not in client.headers
        status, error = await client.call("DELETE", "/v1/orders/open")
        assert (status, error["block_seconds"], client.headers["retry-after"]) == (418, 2, "2")
        assert error["error"]["name"] == "too_many_requests"
        assert (await client.call("GET", "/v1/orders/open"))[0] == 200
        assert (await other.call("DELETE", "/v1/orders/open"))[0] == 200


async def test_one_order_for_another(client: Client) -> None:
    """The first ends as `cancel`, the second rests; it counts as an order."""
    async with await client.listen({"type": "myOrder"}) as socket:
        _, placed = await client.call("POST", "/v1/orders", **FAR, identifier="first")
        status, answer = await client.call(
            "POST",
            "/v1/orders/cancel_and_new",
            prev_order_identifier="first",
            new_ord_type="limit",
            new_price="900000",
            new_volume="remain_only",
            new_identifier="second",
        )
        assert (status, answer["uuid"], answer["state"]) == (201, placed["uuid"], "wait")
        assert answer["new_order_identifier"] == "second"
        assert client.headers["remaining-req"].startswith("group=order; ")
        assert [one["state"] for one in await messages(socket, placed["uuid"])] == [
            "wait",
            "cancel",
        ]
    _, opened = await client.call("GET", "/v1/orders/open")
    assert [(one["uuid"], one["price"], one["volume"]) for one in opened] == [
        (answer["new_order_uuid"], "900000", "1")
    ]
    assert (await client.balances())["KRW"] == (Decimal("99099550"), Decimal("900450"))


async def test_many_orders_taken_back_at_once(client: Client) -> None:
    """By their ids, then all that are left; everything is free again."""
    async with await client.listen({"type": "myOrder"}) as socket:
        placed = [
            (await client.call("POST", "/v1/orders", **{**FAR, "volume": "0.01"}))[1]["uuid"]
            for _ in range(4)
        ]
        status, answer = await client.call("DELETE", "/v1/orders/uuids", uuids=placed[:2])
        assert (status, answer["success"]["count"], answer["failed"]["count"]) == (200, 2, 0)
        assert client.headers["remaining-req"].startswith("group=default; ")
        await messages(socket, placed[1])
        status, answer = await client.call("DELETE", "/v1/orders/open", pairs="KRW-BTC", count=1)
        assert (status, answer["success"]) == (
            200,
            {"count": 1, "orders": [{"uuid": placed[3], "market": "KRW-BTC"}]},
        )
        await messages(socket, placed[3])
    assert (await client.balances())["KRW"] == (Decimal("99989995"), Decimal("10005"))


async def test_without_keys_there_are_no_accounts(web: aiohttp.ClientSession) -> None:
    """Every call is refused."""
    async with Simulator(markets=3) as simulator:
        client = Client(simulator, web)
        status, error = await client.call("GET", "/v1/accounts")
        assert (status, error["error"]["name"]) == (401, "jwt_verification")
