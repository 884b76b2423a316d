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
            body = await response.content.read(MAX_BYTES)
            if not response.content.at_eof():
                raise TransportError(f"{url} answered with more than {MAX_BYTES} bytes")
            return body
    except TimeoutError:
        raise TransportError(f"{url} did not answer within {TIMEOUT_S:g} s") from None
    except aiohttp.ClientError as error:
        raise TransportError(f"{url}: {error}") from error
