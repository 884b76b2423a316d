"""Quotation calls with an `Origin`, as browsers send it, are few, whoever answers them.

They count in a group of their own, `origin`, beside that of the call. There is one `Remaining-Req`
in an answer: that of `origin`, unless it is the call's own group that refuses.
Source: the rate-limits page of docs.upbit.com (2026-10-07).
"""

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from tickwire.simulator.admission import Admission
from tickwire.simulator.rest import answers
from tickwire.world import Clock

__all__ = ["origin_limit"]

_QUOTATION = ("/v1/market/", "/v1/candles/", "/v1/trades/", "/v1/ticker", "/v1/orderbook")

# One in ten seconds, six in a minute: none is left after one.
_REMAINING = "group=origin; min=6; sec=0"

_REFUSALS = (418, 429)


def origin_limit(admission: Admission, clock: Clock) -> Middleware:
    """The limit, in front of all handlers."""

    @web.middleware
    async def limited(request: web.Request, handler: Handler) -> web.StreamResponse:
        if "Origin" not in request.headers or not request.path.startswith(_QUOTATION):
            return await handler(request)
        answer: web.StreamResponse
        if admission.admit_origin(request.remote or "", clock.wall_ns()):
            answer = await handler(request)
            if answer.status in _REFUSALS:
                return answer
        else:
            answer = web.json_response(text=answers.too_many_connects(), status=429)
        answer.headers["Remaining-Req"] = _REMAINING
        return answer

    return limited
