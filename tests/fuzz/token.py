"""Tokens: a header as it came, and claims that are signed with the right key.

An input is either a header's text or a JSON array `[HEADER, CLAIMS, QUERY]`, which is signed here.
Whatever it is, the answer is `Authorized` or `AuthError`.
"""

import base64
import hashlib
import hmac
import json
from typing import Any

from tickwire.simulator.auth import AuthError, Authority, Authorized, check_token

__all__ = ["SEEDS", "WORDS", "target"]

_KEYS = {"access": "secret", "다른": "열쇠"}

SEEDS: tuple[str, ...] = (
    '[{"alg":"HS256","typ":"JWT"},{"access_key":"access","nonce":"1"},null]',
    '[{"alg":"HS512","typ":"JWT"},{"access_key":"access","nonce":"2","query_hash":"00",'
    '"query_hash_alg":"SHA512"},"market=KRW-BTC&states[]=done"]',
    '[{"alg":"none"},{"access_key":"access","nonce":"3"},"a=%2B&b=%ff"]',
    # Text that JSON can spell and UTF-8 cannot.
    '[{"alg":"HS256"},{"access_key":"access","nonce":"4","query_hash":"\\ud800"},"a=b"]',
    "Bearer eyJhbGciOiJIUzI1NiJ9.eyJhY2Nlc3Nfa2V5IjoiYSJ9.c2lnbmF0dXJl",
    "Bearer a.b.c",
    "Basic YTpi",
)
WORDS: tuple[str, ...] = (
    "alg", "typ", "HS256", "HS512", "none", "access_key", "nonce", "query_hash", "SHA512",
    "query_hash_alg", "access", "다른", "Bearer ", ".", "=", "%2B", "a=b",
)  # fmt: skip

_authority = Authority(_KEYS)


def _signed(head: Any, claims: Any) -> str:
    def part(member: bytes) -> bytes:
        return base64.urlsafe_b64encode(member).rstrip(b"=")

    signed = b".".join(part(json.dumps(member).encode()) for member in (head, claims))
    algorithm = hashlib.sha512 if head == {"alg": "HS512", "typ": "JWT"} else hashlib.sha256
    signature = hmac.new(b"secret", signed, algorithm).digest()
    return f"Bearer {(signed + b'.' + part(signature)).decode()}"


def target(data: bytes) -> None:
    # As aiohttp decodes headers.
    header, query = data.decode("utf-8", "surrogateescape"), None
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        document = None
    if isinstance(document, list) and len(document) == 3:
        header = _signed(*document[:2])
        if isinstance(document[2], str):
            query = document[2].encode(errors="replace").decode()
    checked = check_token(header, _KEYS, query=query)
    assert isinstance(checked, Authorized | AuthError)
    again = _authority.check(header, query=query)
    assert isinstance(again, Authorized | AuthError)
    if isinstance(checked, Authorized):
        assert checked.access_key in _KEYS
        assert checked.nonce
