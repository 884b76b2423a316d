"""`GET /sim/stats`: the referee's report, for this machine only."""

from collections.abc import Callable
from typing import Any

from aiohttp import web

from tickwire.simulator.loopback import is_loopback, is_loopback_origin
from tickwire.simulator.rest import answers

__all__ = ["stats_route"]


def stats_route(report: Callable[[], dict[str, Any]]) -> list[web.RouteDef]:
    """The route that answers with this report."""

    async def stats(request: web.Request) -> web.Response:
        # A web page in a browser on this machine comes from loopback too, but says its origin.
        origin = request.headers.get("Origin")
        foreign = origin is not None and not is_loopback_origin(origin)
        if foreign or not is_loopback(request.remote or ""):
            return web.json_response(text=answers.forbidden(), status=403)
        return web.json_response(report())

    return [web.get("/sim/stats", stats)]
