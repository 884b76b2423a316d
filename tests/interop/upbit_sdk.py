"""The official SDK, unchanged but for its addresses, against the local exchange.

Runs in an environment of its own (`upbit-sdk` calls its package `upbit`), so it imports nothing of
what it tests. Usage: python -m tests.interop.upbit_sdk 127.0.0.1:PORT [ACCESS:SECRET]; one line
for each check, exit code 1 if one fails.
"""

import asyncio
import sys
import time
from decimal import Decimal
from typing import Any

from tests.interop.facts import (
    Checks,
    Life,
    aligned,
    check_candle,
    check_filled,
    check_rest_book,
    credentials,
    exact,
    tick,
)

CODE = "KRW-BTC"
CANDLE = "candle.1s"
KINDS = ("ticker", "trade", "orderbook", CANDLE)

# A connect is counted; so many in a second are refused.
PAUSE_S = 0.3

_COMMON = {"ty": "type", "cd": "code", "tms": "timestamp", "st": "stream_type"}
_CANDLE = {
    "op": "opening_price",
    "hp": "high_price",
    "lp": "low_price",
    "tp": "trade_price",
    "catv": "candle_acc_trade_volume",
    "cdttmu": "candle_date_time_utc",
    "cdttmk": "candle_date_time_kst",
}
# The SDK has a class for each format with the names of the wire; these are the ones looked at.
LONG = {
    "ticker": {"lp": "low_price", "tp": "trade_price", "hp": "high_price", "tdt": "trade_date"},
    "trade": {
        "tp": "trade_price",
        "tv": "trade_volume",
        "ab": "ask_bid",
        "sid": "sequential_id",
        "bap": "best_ask_price",
        "bbp": "best_bid_price",
    },
    "orderbook": {"tas": "total_ask_size", "tbs": "total_bid_size", "obu": "orderbook_units"},
    "units": {"ap": "ask_price", "bp": "bid_price", "as": "ask_size", "bs": "bid_size"},
    CANDLE: _CANDLE,
    "myOrder": {
        "uid": "uuid",
        "s": "state",
        "v": "volume",
        "p": "price",
        "rv": "remaining_volume",
        "l": "locked",
    },
    "myAsset": {"ast": "assets"},
}

CATEGORIES = (
    "notice",
    "trade",
    "wallet",
    "maintenance",
    "digital_asset",
    "nft",
    "service",
    "event",
)
BOLLINGER = {"type": "bollinger_bands", "params": {"period": 20, "multiplier": 2.0}}
RSI = {"type": "rsi", "params": {"period": 14}}
OVERBOUGHT = {**RSI, "trigger": "overbought", "event_params": {"threshold": 70}}

Seen = dict[str, list[dict[str, Any]]]


def messages(received: Any) -> list[dict[str, Any]]:
    """One thing received, by long names: an event, or the list of the list formats."""
    if isinstance(received, list):
        return [message for one in received for message in messages(one)]
    body = received.model_dump(by_alias=True)
    assert "error" not in body, body
    if "ty" not in body:
        return [body]
    names = _COMMON | LONG[body["ty"]]
    body = {names.get(name, name): value for name, value in body.items()}
    if "orderbook_units" in body:
        units = body["orderbook_units"]
        body["orderbook_units"] = [
            {LONG["units"][name]: size for name, size in unit.items()} for unit in units
        ]
    return [body]


class Reading:
    """Messages by type, until every type has come at least twice."""

    def __init__(self, *kinds: str) -> None:
        self.seen: Seen = {kind: [] for kind in kinds}

    def add(self, received: Any) -> bool:
        for message in messages(received):
            self.seen[message["type"]].append(message)
        return all(len(heard) >= 2 for heard in self.seen.values())


def check_public(seen: Seen) -> None:
    """A snapshot first; prices, sizes and times that fit each other."""
    for kind, heard in seen.items():
        assert heard[0]["stream_type"] == "SNAPSHOT", kind
        assert heard[1]["stream_type"] == "REALTIME", kind
        assert all(message["code"] == CODE for message in heard)
    for ticker in seen["ticker"]:
        low, last, high = (
            aligned(CODE, ticker[f"{each}_price"]) for each in ("low", "trade", "high")
        )
        assert low <= last <= high
        assert len(ticker["trade_date"]) == 8
    edges = [check_rest_book(CODE, book) for book in seen["orderbook"]]
    lowest, highest = min(low for low, _ in edges), max(high for _, high in edges)
    ids = [trade["sequential_id"] for trade in seen["trade"]]
    assert len(set(ids)) == len(ids)
    for trade in seen["trade"]:
        assert trade["ask_bid"] in ("ASK", "BID")
        assert exact(trade["trade_volume"]) > 0
        assert lowest <= aligned(CODE, trade["trade_price"]) <= highest
        assert aligned(CODE, trade["best_bid_price"]) < aligned(CODE, trade["best_ask_price"])
    for candle in seen[CANDLE]:
        check_candle(
            CODE,
            candle["opening_price"],
            candle["high_price"],
            candle["low_price"],
            candle["trade_price"],
            candle["candle_acc_trade_volume"],
        )


def listed(answer: Any) -> dict[str, Any]:
    """Types and codes of LIST_SUBSCRIPTIONS, in whichever names."""
    body = answer.model_dump()
    if "rslt" in body:
        return {one["ty"]: one.get("cds") for one in body["rslt"]}
    return {one["type"]: one.get("codes") for one in body["result"]}


def wishes() -> dict[str, Any]:
    codes = [CODE]
    return {"ticker": codes, "trade": codes, "orderbook": codes, "candle": {"1s": codes}}


def make(kind: Any, address: str, key: tuple[str, str]) -> Any:
    return kind(
        access_key=key[0],
        secret_key=key[1],
        websocket_base_url=f"ws://{address}",
        base_url=f"http://{address}",
    )


def free(accounts: Any) -> dict[str, Decimal]:
    """What may be spent, of won and bitcoin; nothing is locked."""
    held = {account.currency: account for account in accounts}
    assert all(exact(account.locked) == 0 for account in accounts), accounts
    quote, base = CODE.split("-")
    return {
        each: exact(held[each].balance) if each in held else Decimal(0) for each in (quote, base)
    }


# --- asyncio


async def read(connection: Any, *kinds: str) -> Seen:
    reading = Reading(*kinds)
    async for received in connection:
        if reading.add(received):
            return reading.seen
    raise AssertionError("the stream ended")


async def public(client: Any, checks: Checks) -> None:
    for form in ("DEFAULT", "SIMPLE", "JSON_LIST", "SIMPLE_LIST"):
        await asyncio.sleep(PAUSE_S)
        async with client.ws_stream.subscribe(**wishes(), format=form) as connection:
            seen = await asyncio.wait_for(read(connection, *KINDS), 30)
            check_public(seen)
            for kind, heard in seen.items():
                checks.passed(f"{form} {kind}: {len(heard)} messages, {heard[-1]['code']}")
            answer = listed(await connection.list_subscriptions())
            assert answer == {kind: [CODE] for kind in KINDS}, answer
            await asyncio.wait_for(read(connection, *KINDS), 30)
            checks.passed(f"{form} list_subscriptions: {', '.join(answer)}; the streams go on")


async def announced(client: Any) -> dict[str, Any]:
    """The next announcement. The exchange makes one in 30 to 90 seconds, the first one sooner."""
    async with client.ws_stream.announcement(include_body=True) as connection:
        (told,) = messages(await asyncio.wait_for(connection.recv(), 120))
    assert told["type"] == "announcement", told
    assert told["event_type"] in ("CREATED", "UPDATED"), told
    assert told["stream_type"] == "REALTIME", told
    assert told["title"], told
    assert told["body"], told
    assert told["category"] in CATEGORIES, told
    assert told["url"].startswith("https://upbit.com/"), told
    assert told["first_listed_at"] <= told["listed_at"], told
    assert told["listed_at"].endswith("+09:00"), told
    return told


async def life_of(connection: Any, ended: str, assets: list[dict[str, Any]]) -> Life:
    """An order's messages up to this state; what is told of the account in between and then."""
    life: Life = []
    async for received in connection:
        for message in messages(received):
            if message["type"] == "myOrder":
                life.append(message)
            elif message["type"] == "myAsset":
                assets += message["assets"]
        if life and life[-1]["state"] == ended and assets:
            return life
    raise AssertionError("the stream ended")


async def private(client: Any, checks: Checks) -> None:
    await asyncio.sleep(PAUSE_S)
    async with client.ws_stream.subscribe_private(
        my_order=[CODE], my_asset=True, announcement=True
    ) as connection:
        answer = listed(await connection.list_subscriptions())
        assert set(answer) == {"announcement", "myOrder", "myAsset"}, answer
        assert answer["myOrder"] == [CODE], answer
        checks.passed("private list_subscriptions: " + ", ".join(answer))

        before = free(await client.accounts.list())
        checks.passed(f"accounts: {before}")

        far = await out_of_reach(client)
        order = await client.orders.create(
            market=CODE, side="bid", ord_type="limit", price=str(far), volume="0.01"
        )
        assert order.state == "wait", order
        assert exact(order.locked) == far * Decimal("0.010005"), order
        found = await client.orders.retrieve(uuid=order.uuid)
        assert (found.uuid, found.state, exact(found.price)) == (order.uuid, "wait", far), found
        opened = [each async for each in client.orders.list_open(market=CODE)]
        assert [each.uuid for each in opened] == [order.uuid], opened
        await client.orders.cancel(uuid=order.uuid)
        told: list[dict[str, Any]] = []
        life = await asyncio.wait_for(life_of(connection, "cancel", told), 15)
        assert [message["state"] for message in life] == ["wait", "cancel"], life
        assert {message["uuid"] for message in life} == {order.uuid}
        assert free(await client.accounts.list()) == before
        checks.passed(f"an order out of reach: wait > cancel, {far} won, all of it back")

        for side in ("bid", "ask"):
            await asyncio.sleep(PAUSE_S)
            passed = await filled(client, connection, side)
            checks.passed(f"{side}: {passed}")
        await replaced(client, connection, checks)
        await taken_back(client, connection, checks)


async def out_of_reach(client: Any) -> Decimal:
    """A price on the grid that nobody sells at."""
    book = await ask_book(client)
    price = (exact(book["orderbook_units"][0]["bid_price"]) * Decimal("0.9")).to_integral_value()
    return price - price % tick(CODE, price)


async def ended(connection: Any, *orders: str) -> None:
    """Hear of these orders until all of them are cancelled."""
    left = set(orders)
    async for received in connection:
        for message in messages(received):
            if message["type"] == "myOrder" and message["state"] == "cancel":
                left.remove(message["uuid"])
        if not left:
            return
    raise AssertionError("the stream ended")


async def locked(client: Any) -> Decimal:
    """The won that orders hold."""
    (held,) = [one for one in await client.accounts.list() if one.currency == "KRW"]
    return exact(held.locked)


async def replaced(client: Any, connection: Any, checks: Checks) -> None:
    """One order for another, of the same size at another price."""
    before = free(await client.accounts.list())
    price = await out_of_reach(client)
    lower = price - tick(CODE, price)
    old = await client.orders.create(
        market=CODE, side="bid", ord_type="limit", price=str(price), volume="0.01"
    )
    answer = await client.orders.cancel_and_new(
        prev_order_uuid=old.uuid,
        new_ord_type="limit",
        new_price=str(lower),
        new_volume="remain_only",
        new_identifier=f"replaced-{time.time_ns()}",
    )
    assert (answer.uuid, answer.state) == (old.uuid, "wait"), answer
    told = answer.model_dump()
    await asyncio.wait_for(ended(connection, old.uuid), 15)
    new = await client.orders.retrieve(identifier=told["new_order_identifier"])
    assert (new.uuid, new.state) == (told["new_order_uuid"], "wait"), new
    assert (exact(new.price), exact(new.volume)) == (lower, exact("0.01")), new
    assert exact(new.locked) == lower * exact("0.010005") == await locked(client), new
    await client.orders.cancel(uuid=new.uuid)
    await asyncio.wait_for(ended(connection, new.uuid), 15)
    assert free(await client.accounts.list()) == before
    checks.passed(f"cancel_and_new: {price} > {lower} won, {exact(new.locked)} held, then nothing")


async def taken_back(client: Any, connection: Any, checks: Checks) -> None:
    """Orders cancelled by their ids, and the newest of the open ones."""
    before = free(await client.accounts.list())
    price = await out_of_reach(client)
    orders = [
        await client.orders.create(
            market=CODE, side="bid", ord_type="limit", price=str(price), volume="0.002"
        )
        for _ in range(5)
    ]
    one, other, *rest = [order.uuid for order in orders]
    assert await locked(client) == 5 * price * exact("0.002001")
    result = await client.orders.cancel_by_uuids(uuids=[one, other])
    assert (result.success.count, result.failed.count) == (2, 0), result
    assert {(each.uuid, each.market) for each in result.success.orders} == {
        (one, CODE),
        (other, CODE),
    }, result
    await asyncio.wait_for(ended(connection, one, other), 15)
    assert await locked(client) == 3 * price * exact("0.002001")
    result = await client.orders.cancel_open(pairs=CODE, cancel_side="bid", count=2)
    assert [each.uuid for each in result.success.orders] == rest[:0:-1], result
    await asyncio.wait_for(ended(connection, *rest[1:]), 15)
    result = await client.orders.cancel_by_uuids(uuids=[one, rest[0]])
    assert [each.uuid for each in result.success.orders] == rest[:1], result
    assert [each.uuid for each in result.failed.orders] == [one], result
    await asyncio.wait_for(ended(connection, rest[0]), 15)
    assert free(await client.accounts.list()) == before
    checks.passed(f"cancel_by_uuids 2, cancel_open 2, cancel_by_uuids 1 of 2: {before['KRW']} won")


async def ask_book(client: Any) -> dict[str, Any]:
    books = await client.orderbooks.list(markets=CODE)
    body: dict[str, Any] = books[0].model_dump()
    check_rest_book(CODE, body)
    return body


async def filled(client: Any, connection: Any, side: str) -> str:
    """An order that meets the other side of the book at once."""
    before = free(await client.accounts.list())
    units = (await ask_book(client))["orderbook_units"]
    price = exact(units[9]["ask_price" if side == "bid" else "bid_price"])
    order = await client.orders.create(
        market=CODE, side=side, ord_type="limit", price=str(price), volume="0.0125"
    )
    told: list[dict[str, Any]] = []
    life = await asyncio.wait_for(life_of(connection, "done", told), 15)
    assert {message["uuid"] for message in life} == {order.uuid}
    found = await client.orders.retrieve(uuid=order.uuid)
    assert found.state == "done", found
    assert found.trades is not None
    assert len(found.trades) == found.trades_count
    assert sum(exact(trade.volume) for trade in found.trades) == exact("0.0125")
    after = free(await client.accounts.list())
    text = check_filled(life, before, after)
    await asyncio.wait_for(caught_up(connection, told, after), 5)
    return text


async def caught_up(
    connection: Any, assets: list[dict[str, Any]], balances: dict[str, Decimal]
) -> None:
    """Hear of the account until what was told last is what REST says."""
    while True:
        last = {asset["currency"]: asset for asset in assets}
        if all(
            currency in last
            and exact(last[currency]["balance"]) == balance
            and exact(last[currency]["locked"]) == 0
            for currency, balance in balances.items()
        ):
            return
        for message in messages(await connection.recv()):
            assert message["type"] != "myOrder", message
            assets += message.get("assets") or []


async def info(client: Any, checks: Checks) -> None:
    await asyncio.sleep(PAUSE_S)
    async with client.ws_stream.subscribe_info(
        indicator={"codes": [CODE], "timeframe": "5m", "indicators": [BOLLINGER, RSI]},
        indicator_signal={"codes": [CODE], "timeframe": "15m", "indicators": [OVERBOUGHT]},
        format="DEFAULT",
    ) as connection:
        body = (await connection.list_subscriptions()).model_dump()
        first, second = body["result"]
        assert (first["type"], first["codes"], first["timeframe"]) == ("indicator", [CODE], "5m")
        assert [each["type"] for each in first["indicators"]] == ["bollinger_bands", "rsi"]
        assert first["indicators"][0]["params"] == BOLLINGER["params"], first
        assert (second["type"], second["timeframe"]) == ("indicator_signal", "15m")
        assert second["indicators"][0]["trigger"] == "overbought", second
        assert second["indicators"][0]["event_params"] == {"threshold": 70}, second
        checks.passed("info: indicator and indicator_signal accepted and listed")


# --- threads


def public_sync(client: Any, checks: Checks) -> None:
    time.sleep(PAUSE_S)
    reading = Reading(*KINDS)
    with client.ws_stream.subscribe(**wishes()) as connection:
        for received in connection:
            if reading.add(received):
                break
        check_public(reading.seen)
        checks.passed("without asyncio: " + ", ".join(KINDS))
        answer = listed(connection.list_subscriptions())
        assert answer == {kind: [CODE] for kind in KINDS}, answer
        checks.passed("without asyncio: list_subscriptions")


def private_sync(client: Any, checks: Checks) -> None:
    """SIMPLE, and an order by its identifier."""
    time.sleep(PAUSE_S)
    with client.ws_stream.subscribe_private(
        my_order=[], my_asset=True, format="SIMPLE"
    ) as connection:
        answer = listed(connection.list_subscriptions())
        assert set(answer) == {"myOrder", "myAsset"}, answer
        before = free(client.accounts.list())
        name = f"interop-{time.time_ns()}"
        units = client.orderbooks.list(markets=CODE)[0].model_dump()["orderbook_units"]
        price = exact(units[9]["ask_price"])
        order = client.orders.create(
            market=CODE,
            side="bid",
            ord_type="limit",
            price=str(price),
            volume="0.002",
            identifier=name,
        )
        assert order.identifier == name, order
        states, assets = [], 0
        for received in connection:
            for message in messages(received):
                if message["type"] == "myOrder":
                    assert message["uuid"] == order.uuid
                    states.append(message["state"])
                else:
                    assets += len(message["assets"])
            if states[-1:] == ["done"] and assets:
                break
        assert states == ["wait", *["trade"] * (len(states) - 2), "done"], states
        found = client.orders.retrieve(identifier=name)
        assert (found.uuid, found.state) == (order.uuid, "done"), found
        spent = before["KRW"] - free(client.accounts.list())["KRW"]
        assert spent == sum(exact(t.funds) for t in found.trades) + exact(found.paid_fee), found
        checks.passed(f"without asyncio, SIMPLE: {' > '.join(states)}, {spent} won with its fee")


def info_sync(client: Any, checks: Checks) -> None:
    time.sleep(PAUSE_S)
    with client.ws_stream.indicator(
        [CODE], timeframe="240m", indicators=[RSI], format="SIMPLE"
    ) as connection:
        body = connection.list_subscriptions().model_dump()
        assert [(one["ty"], one["cds"]) for one in body["rslt"]] == [("indicator", [CODE])], body
        checks.passed("without asyncio, SIMPLE: indicator accepted and listed")


async def asynchronous(address: str, key: tuple[str, str] | None, checks: Checks) -> None:
    from upbit import AsyncUpbit  # type: ignore[import-not-found]

    async with make(AsyncUpbit, address, key or ("a", "b" * 40)) as client:
        listening = None if key is None else asyncio.create_task(announced(client))
        await public(client, checks)
        if listening is not None:
            await private(client, checks)
            await info(client, checks)
            told = await listening
            checks.passed(f"announcement: {told['event_type']} {told['category']}, {told['title']}")


def synchronous(address: str, key: tuple[str, str] | None, checks: Checks) -> None:
    from upbit import Upbit

    with make(Upbit, address, key or ("a", "b" * 40)) as client:
        public_sync(client, checks)
        if key is not None:
            private_sync(client, checks)
            info_sync(client, checks)


if __name__ == "__main__":
    done = Checks()
    account = credentials(sys.argv)
    asyncio.run(asynchronous(sys.argv[1], account, done))
    synchronous(sys.argv[1], account, done)
    print(f"{done.count} checks passed")
