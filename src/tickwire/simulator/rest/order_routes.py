"""The REST calls of an account on HTTP: token, rate limit, parameters; the rest is `order_calls`.

Parameters come in the query string, as JSON or as a form, whichever a client prefers: the token
holds the hash of what was sent, written as a query string.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode

from aiohttp import web

from tickwire.simulator.auth import AuthError, Authority
from tickwire.simulator.rest import answers
from tickwire.simulator.rest.order_calls import CALLS, Call
from tickwire.simulator.rest.order_limits import OrderLimits
from tickwire.simulator.trading.accounts import Accounts
from tickwire.simulator.trading.order_form import OrderRefused
from tickwire.world import Clock

__all__ = ["order_routes"]

_MS_NS = 1_000_000

Handler = Callable[[web.Request], Awaitable[web.Response]]


def order_routes(accounts: Accounts, authority: Authority, clock: Clock) -> list[web.RouteDef]:
    """The routes of all calls of accounts."""
    limits = OrderLimits()
    return [
        web.route(method, path, _handler(call, accounts, authority, clock, limits))
        for (method, path), call in CALLS.items()
    ]


def _handler(
    call: Call, accounts: Accounts, authority: Authority, clock: Clock, limits: OrderLimits
) -> Handler:
    async def handle(request: web.Request) -> web.Response:
        try:
            given, query = await _parameters(request)
        except (ValueError, RecursionError):
            return _error(400, "validation_error", "The body cannot be read.")
        token = authority.check(request.headers.get("Authorization"), query=query or None)
        if isinstance(token, AuthError):
            return _error(401, token.name, token.message)
        key, now_ns = token.access_key, clock.wall_ns()
        passage = limits.knock(key, call.group, now_ns)
        headers = {"Remaining-Req": passage.remaining}
        if passage.status == 429:
            return _response(429, answers.too_many_connects(), headers)
        if passage.status == 418:
            text, seconds = answers.blocked(passage.wait_s)
            return _response(418, text, headers | {"Retry-After": str(seconds)})
        try:
            body = call.act(accounts, key, given, now_ns // _MS_NS)
        except OrderRefused as refused:
            return _error(refused.status, refused.name, refused.message, headers)
        return _response(call.status, _json(body), headers)

    return handle


async def _parameters(request: web.Request) -> tuple[dict[str, object], str]:
    """The parameters, and the query string that they are or would be. Raises `ValueError`."""
    query = request.raw_path.partition("?")[2]
    given = _gathered(parse_qsl(query, keep_blank_values=True))
    # More than a few hundred bytes is no order; aiohttp's limit of 1 MiB holds before this.
    body = (await request.read()).decode()
    if not body:
        return given, query
    if request.content_type == "application/x-www-form-urlencoded":
        return given | _gathered(parse_qsl(body, keep_blank_values=True)), body
    # Numbers stay as they were written: so they were hashed.
    members = json.loads(body, parse_float=str, parse_int=str)
    if not isinstance(members, dict):
        raise ValueError("not an object")
    pairs: list[tuple[str, Any]] = []
    for name, value in members.items():
        if isinstance(value, list):
            pairs += [(name if name.endswith("[]") else f"{name}[]", one) for one in value]
        elif value is not None:
            pairs.append((name, value))
    return given | members, urlencode(pairs)


def _gathered(pairs: list[tuple[str, str]]) -> dict[str, object]:
    """Names with `[]` become lists."""
    given: dict[str, object] = {}
    for name, value in pairs:
        if name.endswith("[]"):
            values = given.setdefault(name[:-2], [])
            if isinstance(values, list):
                values.append(value)
        else:
            given[name] = value
    return given


def _error(
    status: int, name: str, message: str, headers: dict[str, str] | None = None
) -> web.Response:
    return _response(status, _json({"error": {"name": name, "message": message}}), headers)


def _response(status: int, text: str, headers: dict[str, str] | None) -> web.Response:
    return web.Response(text=text, status=status, headers=headers, content_type="application/json")


def _json(body: object) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))
