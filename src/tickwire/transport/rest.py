"""Small documents over HTTP, such as the market list of an exchange."""

import aiohttp

from tickwire.errors import TransportError

__all__ = ["fetch"]

TIMEOUT_S = 5.0
MAX_BYTES = 4 * 1024 * 1024


async def fetch(url: str) -> bytes:
    """The body of a successful answer; raises `TransportError` for everything else."""
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(url, allow_redirects=False) as response,
        ):
            if response.status != 200:
                raise TransportError(f"{url} answered with HTTP {response.status}")
            body = bytearray()
            async for chunk in response.content.iter_any():
                body += chunk
                if len(body) > MAX_BYTES:
                    raise TransportError(f"{url} answered with more than {MAX_BYTES} bytes")
            return bytes(body)
    except TimeoutError:
        raise TransportError(f"{url} did not answer within {TIMEOUT_S:g} s") from None
    except aiohttp.ClientError as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise TransportError(f"{url} could not be read: {reason}") from error
