"""Opens a WebSocket: the handshake, what it agrees on, and what becomes of the library's errors.

Not negotiable here: certificates are verified, redirects are refused (they would carry an
authorization header to another host), and no `Origin` is sent (the exchange would allow one
request in ten seconds).
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import Iterable, Mapping

from picows import WSError, WSHandshakeError, WSUpgradeRequest, WSUpgradeResponse, ws_connect

from tickwire.errors import HandshakeRefused, TransportError
from tickwire.transport import deflate
from tickwire.transport.messages import MAX_MESSAGE_BYTES
from tickwire.transport.websocket import WebSocket
from tickwire.world import Listener

__all__ = ["connect"]

HANDSHAKE_TIMEOUT_S = 5.0
MOST_SHOWN = 200
"""Characters of a refusal that are shown."""


class _Log(logging.LoggerAdapter[logging.Logger]):
    """The library's log without its dumps of the wire: in them stands the token of the handshake.

    A filter on the library's logger would not do: each connection logs by a child of it.
    """

    def isEnabledFor(self, level: int) -> bool:
        return level >= logging.DEBUG and super().isEnabledFor(level)


_log = _Log(logging.getLogger("picows.client"))


async def connect(
    url: str, *, headers: Mapping[str, str], listener: Listener, compression: bool = True
) -> "WebSocket":
    """Open a WebSocket; raises `HandshakeRefused` or `TransportError`."""

    opened: list[WebSocket] = []

    def agree(request: WSUpgradeRequest, response: WSUpgradeResponse) -> WebSocket:
        answers = response.headers.getall(deflate.HEADER, [])
        agreement = deflate.agreed(answers, offered=compression)
        opened.append(WebSocket(listener, agreement))
        return opened[0]

    offer = {deflate.HEADER: deflate.OFFER} if compression else {}
    try:
        _, reader = await ws_connect(
            agree,
            url,
            logger_name=_log,
            extra_headers={**headers, **offer},
            max_redirects=0,
            max_frame_size=MAX_MESSAGE_BYTES,
            websocket_handshake_timeout=HANDSHAKE_TIMEOUT_S,
            # An answer that we do not see could be the end of a read.
            enable_auto_pong=False,
        )
    except asyncio.CancelledError:
        # The handshake may be over while nobody was told of it yet.
        for each in opened:
            each.abort()
        raise
    except WSHandshakeError as error:
        if error.response is not None and error.response.status != 101:
            status = int(error.response.status)
            wait = _seconds(error.response.headers.get("Retry-After"))
            answer = _shown(error.raw_body or b"", secrets=headers.values())
            raise HandshakeRefused(status, wait, answer=answer) from None
        raise TransportError(f"the server gave up during the handshake: {error}") from None
    except ssl.SSLCertVerificationError as error:
        raise TransportError(f"the server's certificate is not valid: {error}") from error
    except socket.gaierror as error:
        raise TransportError(f"the host name could not be resolved: {error}") from error
    except ConnectionRefusedError as error:
        raise TransportError(f"nobody listens at {url}") from error
    except TimeoutError as error:
        raise TransportError("the server did not answer in time") from error
    except (OSError, WSError) as error:
        raise TransportError(str(error) or type(error).__name__) from error
    assert isinstance(reader, WebSocket)
    return reader


def _seconds(header: str | None) -> float | None:
    """The seconds in a `Retry-After` header; dates and nonsense are no answer."""
    return float(header) if header is not None and header.isascii() and header.isdigit() else None


def _shown(body: bytes, *, secrets: Iterable[str]) -> str:
    """The beginning of an answer on one line; it goes into logs, so nothing unprintable.

    Some servers repeat what they were sent, and in our headers stands a token.
    """
    line = " ".join(body.decode(errors="replace").split())
    for word in {word for secret in secrets for word in secret.split()}:
        line = line.replace(word, "<hidden>")
    return "".join(each if each.isprintable() else "?" for each in line)[:MOST_SHOWN]
