"""The WebSocket endpoints on aiohttp: who is let in, and what is heard from them.

What goes out is put on the socket by a `Line`, here after each message and from `stepping` for all
that is due.
"""

from aiohttp import WSMsgType, web

from tickwire.simulator.admission import Refusal
from tickwire.simulator.deflate import agreed
from tickwire.simulator.exchange import Exchange
from tickwire.simulator.line import ABNORMAL_CLOSE, GOODBYE_S, NORMAL_CLOSE, Line
from tickwire.simulator.rest import answers
from tickwire.simulator.switches import Switches
from tickwire.simulator.wire.endpoints import PATHS
from tickwire.simulator.wire.session import Session
from tickwire.world import Clock

__all__ = ["websocket_routes"]

_ENDPOINTS = {path: endpoint for endpoint, path in PATHS.items()}


def websocket_routes(
    model: Exchange, clock: Clock, lines: dict[Session, Line]
) -> list[web.RouteDef]:
    """The routes of the three endpoints; open connections are in `lines` while they last."""

    async def websocket(request: web.Request) -> web.StreamResponse:
        # Compression is for clients that offer it. Pings are ours to see: they keep alive.
        socket = web.WebSocketResponse(autoping=False, timeout=GOODBYE_S)
        if not socket.can_prepare(request):
            return web.json_response(text=answers.bad_upgrade(), status=400)
        session = model.connect(
            request.remote or "",
            clock.wall_ns(),
            endpoint=_ENDPOINTS[request.path],
            authorization=request.headers.get("Authorization"),
            origin="Origin" in request.headers,
        )
        if isinstance(session, Refusal):
            return _refused(session, model.switches)
        left = model.admission.connects_left(session.address, session.account, clock.wall_ns())
        socket.headers["remaining-req"] = f"group=websocket; min=300; sec={left}"
        if session.account is None:
            socket.headers["limit-by-ip"] = "Yes"
        line: Line | None = None
        try:
            await socket.prepare(request)
            assert request.transport is not None
            line = lines[session] = Line(
                session,
                socket,
                request.transport,
                text=model.switches.text_frames,
                deflate=agreed(socket.headers.get("Sec-WebSocket-Extensions")),
            )
            await _serve(model, clock, session, socket, line)
        finally:
            lines.pop(session, None)
            code, reason = line.ending if line is not None else (ABNORMAL_CLOSE, "no handshake")
            model.disconnect(session, clock.wall_ns(), code, reason)
            # What is under way may still be read, but not for ever: a client that never reads
            # would keep its socket open.
            transport = request.transport
            if line is not None and line.unread and transport is not None:
                clock.call_at(clock.now() + GOODBYE_S, transport.abort)
        return socket

    return [web.get(path, websocket) for path in _ENDPOINTS]


async def _serve(
    model: Exchange, clock: Clock, session: Session, socket: web.WebSocketResponse, line: Line
) -> None:
    """Hear a client until one of the two has had enough."""
    while session.closing is None:
        message = await socket.receive()
        now_ns = clock.wall_ns()
        if message.type == WSMsgType.TEXT:
            model.receive(session, message.data, now_ns)
            line.flush(now_ns)
        elif message.type == WSMsgType.BINARY:
            model.receive(session, message.data.decode(errors="replace"), now_ns)
            line.flush(now_ns)
        elif message.type == WSMsgType.PING:
            model.touch(session, now_ns)
            line.pong(message.data, now_ns)
        elif message.type == WSMsgType.PONG:
            model.touch(session, now_ns)
        elif socket.closed:
            return
    line.flush(clock.wall_ns())
    # Not waiting until the error has been read: the client may be one that does not read.
    await socket.close(code=NORMAL_CLOSE, drain=False)


def _refused(refusal: Refusal, switches: Switches) -> web.Response:
    if refusal.error is not None:
        return web.json_response(text=answers.refused(*refusal.error), status=refusal.status)
    if refusal.status != 418:
        return web.json_response(text=answers.too_many_connects(), status=refusal.status)
    text, seconds = answers.blocked(refusal.wait_s)
    told = switches.block_told
    return web.json_response(
        text=text if told in ("both", "body") else answers.too_many_connects(),
        status=418,
        headers={"Retry-After": str(seconds)} if told in ("both", "header") else None,
    )
