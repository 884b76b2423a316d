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
from tickwire.simulator.rest.order_calls import CALLS, GROUP_LIMITS, Answer, Call, CallMeter
from tickwire.simulator.trading.accounts import Accounts
from tickwire.simulator.trading.order_form import OrderRefused
from tickwire.world import Clock

__all__ = ["order_routes"]

_MS_NS = 1_000_000

Handler = Callable[[web.Request], Awaitable[web.Response]]


def order_routes(accounts: Accounts, authority: Authority, clock: Clock) -> list[web.RouteDef]:
    """The routes of all calls of accounts."""
    meter = CallMeter()
    return [
        web.route(method, path, _handler(call, accounts, authority, clock, meter))
        for (method, path), call in CALLS.items()
    ]


def _handler(
    call: Call, accounts: Accounts, authority: Authority, clock: Clock, meter: CallMeter
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
        left = meter.enter(key, call.group, now_ns)
        if left is None:
            answer = _refusal("too_many_requests", "요청 수 제한을 초과했습니다.", 429)
        else:
            try:
                answer = call.act(accounts, key, given, now_ns // _MS_NS)
            except OrderRefused as refused:
                answer = _refusal(refused.name, refused.message, refused.status)
        # `min` is deprecated, and always the limit of a minute.
        minute = GROUP_LIMITS[call.group] * 60
        budget = f"group={call.group}; min={minute}; sec={left or 0}"
        return _response(answer, {"Remaining-Req": budget})

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


def _refusal(name: str, message: str, status: int) -> Answer:
    return Answer(status, {"error": {"name": name, "message": message}})


def _error(status: int, name: str, message: str) -> web.Response:
    return _response(_refusal(name, message, status), {})


def _response(answer: Answer, headers: dict[str, str]) -> web.Response:
    text = json.dumps(answer.body, ensure_ascii=False, separators=(",", ":"))
    return web.Response(
        text=text, status=answer.status, headers=headers, content_type="application/json"
    )
