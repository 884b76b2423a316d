"""REST calls: quotation and accounts, from a request's text to the answer's.

An input is a script of lines, `METHOD PATH?QUERY BODY`; `@+` lets 200 ms go by. Calls of accounts
go through their HTTP handlers, with a token that always holds (tokens are the target `token`).
Every answer must be JSON with a documented status; balances never fall below zero, and no amount
appears or vanishes.
"""

import asyncio
import json
from typing import Any
from urllib.parse import parse_qsl, unquote

from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from tickwire.simulator.auth import Authority, Authorized
from tickwire.simulator.market.instruments import named
from tickwire.simulator.market.timeline import Timeline
from tickwire.simulator.rest.order_routes import order_routes
from tickwire.simulator.rest.quotation import Quotation, group_of
from tickwire.simulator.trading.accounts import Accounts
from tickwire.testing import ManualClock

__all__ = ["SEEDS", "WORDS", "target"]

_CODES = ("KRW-BTC", "KRW-ETH", "BTC-ETH", "USDT-BTC")
_STATUSES = {200, 201, 400, 401, 404, 418, 429}
_LONGEST_SCRIPT = 12
_STEPS = 6
# A new market now and then, so that the orders of former inputs do not pile up.
_INPUTS_PER_MARKET = 200

SEEDS: tuple[str, ...] = (
    "GET /v1/market/all?is_details=true",
    "GET /v1/ticker?markets=KRW-BTC,BTC-ETH",
    "GET /v1/ticker/all?quote_currencies=KRW,BTC",
    "GET /v1/orderbook?markets=KRW-BTC&count=5&level=10000",
    "GET /v1/orderbook/instruments?markets=KRW-BTC,KRW-ETH",
    "GET /v1/orderbook/supported_levels?markets=KRW-BTC",
    "GET /v1/trades/ticks?market=KRW-BTC&count=500&cursor=17951471524180000&days_ago=1",
    "@+\n@+\nGET /v1/trades/ticks?market=KRW-BTC&to=23:59:59&count=20",
    "GET /v1/candles/seconds?market=KRW-BTC&count=200&to=2026-11-20T03:59:00Z",
    "GET /v1/candles/minutes/5?market=KRW-BTC&count=10&to=2026-11-20T12%3A59%3A00%2B09%3A00",
    "GET /v1/candles/days?market=KRW-ETH&count=3&converting_price_unit=KRW",
    "GET /v1/candles/weeks?market=KRW-ETH&to=2026-11-20 12:00:00",
    "GET /v1/candles/months?market=BTC-ETH\nGET /v1/candles/years?market=USDT-BTC",
    'POST /v1/orders {"market":"KRW-BTC","side":"bid","ord_type":"limit","price":"100000000",'
    '"volume":"0.01","identifier":"a","time_in_force":"post_only"}\n'
    "GET /v1/orders/open?market=KRW-BTC&states[]=wait&page=1&limit=10&order_by=asc\n"
    "GET /v1/order?identifier=a\n@+\nDELETE /v1/order?identifier=a\n@+\nGET /v1/orders/closed?"
    "market=KRW-BTC&states[]=done&states[]=cancel&start_time=2026-11-20T00:00:00%2B09:00&limit=9",
    'POST /v1/orders {"market":"KRW-BTC","side":"bid","ord_type":"price","price":"50000"}\n@+\n@+\n'
    'POST /v1/orders {"market":"KRW-BTC","side":"ask","ord_type":"market","volume":"0.0002"}\n@+',
    'POST /v1/orders {"market":"KRW-ETH","side":"ask","ord_type":"best","volume":"1",'
    '"time_in_force":"fok","smp_type":"cancel_maker"}\n@+\nGET /v1/orders/uuids?identifiers[]=a',
    'POST /v1/orders/test {"market":"BTC-ETH","side":"bid","ord_type":"limit","price":0.03,'
    '"volume":1e-2}',
    "POST /v1/orders market=KRW-BTC&side=bid&ord_type=limit&price=999000&volume=1.5",
    "GET /v1/accounts\nGET /v1/orders/chance?market=KRW-BTC\nGET /v1/orders?state=done",
)
WORDS: tuple[str, ...] = (
    "GET ", "POST ", "DELETE ", "@+", "\n", "?", "&", "=", "[]=", "%2B09:00", "%ff", "%00", "+",
    "/v1/ticker", "/v1/orderbook", "/v1/trades/ticks", "/v1/candles/minutes/", "/v1/orders",
    "/v1/candles/seconds", "/v1/candles/days", "/v1/order", "/v1/accounts", "/v1/orders/chance",
    "market=", "markets=", "count=", "cursor=", "days_ago=", "to=", "level=", "quote_currencies=",
    "states[]=", "start_time=", "end_time=", "uuid=", "uuids[]=", "identifier=", "page=", "limit=",
    "market", "side", "ord_type", "price", "volume", "identifier", "time_in_force", "smp_type",
    "bid", "ask", "limit", "best", "ioc", "fok", "post_only", "reduce", "cancel_maker",
    "cancel_taker", "wait", "done", "cancel", "watch", "asc", "desc", *_CODES, "00000000", "0.0001",
    "1e-400", "9" * 40, "-1", "Infinity", "2026-11-20T03:59:00Z", "9999-12-31T23:59:59",
    "0001-01-01T00:00:00", "23:59:60",
)  # fmt: skip


class _Everybody(Authority):
    """Lets everybody in, as the same account."""

    def check(
        self, header: str | None, *, query: str | None = None, reuse: bool = False
    ) -> Authorized:
        return Authorized("access", "nonce")


class _Clock(ManualClock):
    """Stands still until it is told to go on."""

    def __init__(self) -> None:
        super().__init__()
        self.wall = 1_795_147_200_000_000_000

    def wall_ns(self) -> int:
        return self.wall


class _Room:
    """Markets, an account with its orders, and their answers."""

    def __init__(self) -> None:
        instruments = [named(code) for code in _CODES]
        self.clock = _Clock()
        self.timeline = Timeline(instruments, 1, self.clock.wall_ns() // 1_000_000)
        markets = {market.code: market for market in self.timeline.markets}
        self.quotation = Quotation(instruments, markets)
        self.accounts = Accounts(["access", "other"], self.timeline, 1)
        everybody = _Everybody({"access": "secret"})
        self.handlers: dict[tuple[str, str], Any] = {
            (route.method, route.path): route.handler
            for route in order_routes(self.accounts, everybody, self.clock)
        }

    def go_on(self) -> None:
        self.clock.wall += 200_000_000
        for _ in self.timeline.step(self.clock.wall_ns() // 1_000_000):
            pass
        for notice in self.accounts.drain():
            repr(notice)

    def ask(self, line: str) -> None:
        method, _, rest = line.partition(" ")
        target, _, body = rest.partition(" ")
        path, _, query = target.partition("?")
        if method == "GET" and group_of(path) is not None:
            given = dict(parse_qsl(query, keep_blank_values=True))
            answer = self.quotation.answer(path, given, self.clock.wall_ns() // 1_000_000)
            assert answer.status in (200, 400, 404), answer
            json.loads(answer.text.encode().decode())
            return
        handler = self.handlers.get((method, unquote(path)))
        if handler is None:
            return
        kind = "json" if body.startswith("{") else "x-www-form-urlencoded"
        headers = {"Content-Type": f"application/{kind}"}
        try:
            request = make_mocked_request(method, target, headers=headers)
        except ValueError:
            return  # no URL, which HTTP itself refuses
        request._read_bytes = body.encode(errors="replace")
        response = _loop.run_until_complete(handler(request))
        assert isinstance(response, web.Response)
        assert response.status in _STATUSES, response.status
        assert isinstance(response.body, bytes)
        json.loads(response.body.decode())

    def check(self) -> None:
        for key in ("access", "other"):
            for currency, balance in self.accounts.account(key).balances.items():
                assert balance.free >= 0, (key, currency, balance.free)
                assert balance.locked >= 0, (key, currency, balance.locked)


_loop = asyncio.new_event_loop()
_rooms: list[_Room] = []
_played = 0


def target(data: bytes) -> None:
    global _played
    if _played % _INPUTS_PER_MARKET == 0:
        _rooms[:] = [_Room()]
    _played += 1
    room, steps = _rooms[0], 0
    for line in data.decode(errors="replace").split("\n")[:_LONGEST_SCRIPT]:
        if line == "@+":
            steps += 1
            if steps <= _STEPS:
                room.go_on()
        else:
            room.ask(line)
    room.clock.wall += 1_000_000_000
    room.check()
