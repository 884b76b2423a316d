"""Small documents over HTTP, from real servers on loopback."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tickwire.errors import TransportError
from tickwire.transport import rest
from tickwire.transport.rest import fetch


@pytest.fixture
async def server() -> AsyncIterator[TestServer]:
    async def document(request: web.Request) -> web.Response:
        return web.Response(body=b'[{"market":"KRW-BTC"}]')

    async def long(request: web.Request) -> web.Response:
        return web.Response(body=b"x" * 1_000_000)

    async def moved(request: web.Request) -> web.Response:
        raise web.HTTPFound("/document")

    app = web.Application()
    app.router.add_get("/document", document)
    app.router.add_get("/long", long)
    app.router.add_get("/moved", moved)
    running = TestServer(app)
    await running.start_server()
    yield running
    await running.close()


async def test_the_body_of_an_answer(server: TestServer) -> None:
    """A document is its bytes."""
    assert await fetch(str(server.make_url("/document"))) == b'[{"market":"KRW-BTC"}]'


async def test_a_long_document_is_read_to_its_end(server: TestServer) -> None:
    """It comes in many pieces."""
    assert len(await fetch(str(server.make_url("/long")))) == 1_000_000


@pytest.mark.parametrize(("path", "status"), [("/nothing", 404), ("/moved", 302)])
async def test_anything_but_success_is_an_error(server: TestServer, path: str, status: int) -> None:
    """Redirects are not followed."""
    with pytest.raises(TransportError, match=f"HTTP {status}"):
        await fetch(str(server.make_url(path)))


async def test_too_much_is_an_error(server: TestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody fills our memory."""
    monkeypatch.setattr(rest, "MAX_BYTES", 10)
    with pytest.raises(TransportError, match="more than 10 bytes"):
        await fetch(str(server.make_url("/document")))


async def test_nobody_there_is_an_error(server: TestServer) -> None:
    """The address and the reason are told."""
    url = str(server.make_url("/document"))
    await server.close()
    with pytest.raises(TransportError, match="could not be read"):
        await fetch(url)
