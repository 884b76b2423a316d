"""The quotation REST API on aiohttp: limits, headers and compression around `Quotation`."""

from aiohttp import web

from tickwire.simulator.exchange import Exchange
from tickwire.simulator.rest import answers
from tickwire.simulator.rest.quotation import PATHS, Answer, Quotation, group_of
from tickwire.simulator.rest.quotation_limits import QuotationLimits
from tickwire.world import Clock

__all__ = ["quotation_routes"]

_CANDLES = (
    "/v1/candles/{unit:seconds|days|weeks|months|years}",
    "/v1/candles/minutes/{minutes}",
)


def quotation_routes(model: Exchange, clock: Clock) -> list[web.RouteDef]:
    """The routes of §7.1 to §7.5 of the reference."""
    quotation = Quotation(model.instruments, model.markets)
    limits = QuotationLimits()

    async def call(request: web.Request) -> web.Response:
        path, now_ns = request.path, clock.wall_ns()
        group = group_of(path)
        if group is None:
            return _json(request, Answer(404, answers.not_found()))
        passage = limits.knock(request.remote or "", group, now_ns)
        headers = {"Remaining-Req": passage.remaining}
        if passage.status == 429:
            answer = Answer(429, answers.too_many_connects())
        elif passage.status == 418:
            text, seconds = answers.blocked(passage.wait_s)
            answer, headers["Retry-After"] = Answer(418, text), str(seconds)
        else:
            # Some clients name a list in one parameter, others repeat the parameter.
            query = {name: ",".join(request.query.getall(name)) for name in request.query}
            answer = quotation.answer(path, query, now_ns // 1_000_000)
        return _json(request, answer, headers)

    return [web.get(path, call) for path in (*PATHS, *_CANDLES)]


def _json(
    request: web.Request, answer: Answer, headers: dict[str, str] | None = None
) -> web.Response:
    response = web.Response(
        text=answer.text, status=answer.status, headers=headers, content_type="application/json"
    )
    if "gzip" in request.headers.get("Accept-Encoding", "").lower():
        response.enable_compression(web.ContentCoding.gzip)
    return response
