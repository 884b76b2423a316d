"""How a connection is opened, or not, against servers written byte by byte."""

import asyncio
import ssl
from collections.abc import Sequence

import pytest
import trustme

from tests.transport.wire import Heard, Script, frame, open_to, raw_server, sends
from tickwire.errors import HandshakeRefused, TransportError
from tickwire.transport import handshake
from tickwire.transport.handshake import connect


def answers(response: bytes) -> Script:
    """A server that does not upgrade."""

    async def script(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
    ) -> None:
        writer.write(response)
        await writer.drain()

    return script


async def test_no_origin_is_sent_and_extra_headers_are() -> None:
    """The exchange allows a request with an `Origin` once in ten seconds."""
    requests: list[bytes] = []

    async def script(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
    ) -> None:
        requests.append(request)
        await sends()(reader, writer, request)

    async with raw_server(script) as url:
        transport = await connect(url, headers={"X-Test": "yes"}, listener=Heard())
        transport.close()
    assert b"origin" not in requests[0].lower()
    assert b"X-Test: yes" in requests[0]


@pytest.mark.parametrize(
    ("response", "status", "wait_s"),
    [
        (b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n", 429, None),
        (b"HTTP/1.1 418 I'm a teapot\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n", 418, 30.0),
        (
            b"HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
            302,
            None,
        ),
        (b"HTTP/1.1 503 Busy\r\nRetry-After: soon\r\nContent-Length: 0\r\n\r\n", 503, None),
    ],
)
async def test_a_refused_handshake_tells_status_and_wait(
    response: bytes, status: int, wait_s: float | None
) -> None:
    """Redirects are refused like everything else that is not 101."""
    async with raw_server(answers(response)) as url:
        with pytest.raises(HandshakeRefused) as refused:
            await open_to(url, Heard())
    assert (refused.value.status, refused.value.retry_after_s) == (status, wait_s)


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        (
            b'{"error":{"name":"no_authorization_ip","message":"not verified"}}',
            '{"error":{"name":"no_authorization_ip","message":"not verified"}}',
        ),
        (b"one\n\n  two\x1b[31m\xff", "one two?[31m\N{REPLACEMENT CHARACTER}"),
        (b"x" * 70_000, "x" * 200),
        (b"", ""),
    ],
)
async def test_a_refused_handshake_tells_what_was_said(body: bytes, answer: str) -> None:
    """It says what is wrong with the keys; it is from outside, and goes into logs."""
    response = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    async with raw_server(answers(response)) as url:
        with pytest.raises(HandshakeRefused) as refused:
            await open_to(url, Heard())
    assert refused.value.answer == answer
    assert f"HTTP 401 ({answer})" in str(refused.value) or not answer


async def test_a_refused_handshake_does_not_repeat_the_token() -> None:
    """Some servers show the request that they refuse."""
    body = b"you sent Authorization: Bearer canary.canary.canary"
    response = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    headers = {"Authorization": "Bearer canary.canary.canary"}
    async with raw_server(answers(response)) as url:
        with pytest.raises(HandshakeRefused) as refused:
            await connect(url, headers=headers, listener=Heard())
    assert "canary" not in str(refused.value)
    assert "<hidden>" in refused.value.answer


async def test_no_answer_to_the_handshake_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that accepts and says nothing does not hold us for ever."""

    async def silent(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
    ) -> None:
        await reader.read()

    monkeypatch.setattr(handshake, "HANDSHAKE_TIMEOUT_S", 0.2)
    async with raw_server(silent) as url:
        with pytest.raises(TransportError):
            await open_to(url, Heard())


async def test_nobody_there_is_a_transport_error() -> None:
    """Refused connections and unknown names are mapped."""
    async with raw_server(sends()) as url:
        pass
    with pytest.raises(TransportError, match="nobody listens at ws://127"):
        await open_to(url, Heard())
    with pytest.raises(TransportError, match="resolved"):
        await open_to("ws://nobody.invalid:1/", Heard())


async def test_an_unknown_certificate_is_refused() -> None:
    """TLS is verified; there is no way around it."""
    authority = trustme.CA()
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    async with raw_server(sends(), tls) as url:
        with pytest.raises(TransportError, match="certificate"):
            await open_to(url, Heard())


async def test_a_handshake_called_off_leaves_no_socket() -> None:
    """Not even when it was over already and only nobody knew: the server sees the end."""
    gone = asyncio.Event()

    async def script(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
    ) -> None:
        await sends(frame(b"first"))(reader, writer, request)
        gone.set()

    class CalledOff(Heard):
        def frames_received(self, frames: Sequence[bytes]) -> None:
            super().frames_received(frames)
            opening.cancel()

    heard = CalledOff()
    async with raw_server(script) as url:
        opening = asyncio.ensure_future(open_to(url, heard))
        with pytest.raises(asyncio.CancelledError):
            await opening
        await asyncio.wait_for(gone.wait(), 5)
    assert len(heard.frames) == 1


async def test_the_library_logs_no_header_of_the_handshake(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """At its lowest level it would log the whole request; the rest of its log stays."""
    caplog.set_level(1)
    caplog.set_level(1, logger="picows")
    headers = {"Authorization": "Bearer eyJ-a-token"}
    async with raw_server(sends(frame(b"first"))) as url:
        heard = Heard()
        transport = await connect(url, headers=headers, listener=heard)
        await heard.until(lambda: bool(heard.frames))
        transport.close()
    async with raw_server(answers(b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n")) as url:
        with pytest.raises(HandshakeRefused):
            await connect(url, headers=headers, listener=heard)
    logged = [f"{each.name} {each.message} {each.args}" for each in caplog.records]
    assert any(line.startswith("picows.client") for line in logged)
    assert not [line for line in logged if "eyJ" in line or "Authorization" in line]
