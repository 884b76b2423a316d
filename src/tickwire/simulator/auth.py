"""The token of a request, checked as the exchange checks it.

    Authorization: Bearer base64url(header).base64url(claims).base64url(HMAC(secret, what precedes))

Source: the auth and websocket-guide pages of docs.upbit.com (2026-09-01), names of the errors from
rest-api-guide. Written against the standards (RFC 7515, 7519) with nothing but the standard
library: had it the client's library in common with the client, a mistake of that library would go
unseen. The texts of the errors are ours.
"""

import binascii
import hashlib
import hmac
import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote

__all__ = ["AuthError", "Authority", "Authorized", "check_token"]

# Upbit's own samples sign with either.
_ALGORITHMS = {"HS256": hashlib.sha256, "HS512": hashlib.sha512}

_MESSAGES = {
    "no_authorization_token": "There is no Authorization header with a bearer token.",
    "jwt_verification": "The token does not verify.",
    "nonce_used": "The nonce has been used before.",
    "invalid_query_payload": "The query hash does not fit the query.",
}

# A test that runs for days must not fill the memory; whoever repeats a nonce repeats a recent one.
_NONCES_KEPT = 5_000


class Authorized(NamedTuple):
    """A token that holds."""

    access_key: str
    nonce: str


class AuthError(NamedTuple):
    """A token that does not: the exchange's name for what is wrong, and its text. HTTP 401."""

    name: str
    message: str


def check_token(
    header: str | None, keys: Mapping[str, str], *, query: str | None = None
) -> Authorized | AuthError:
    """What this `Authorization` header is worth.

    `keys` has the secret of each access key. `query` is the query string of a REST call as it came
    (for a call with a body: the body written as one); without one the hash is not looked at.
    Whether the nonce is fresh is for `Authority` to say.
    """
    scheme, _, token = (header or "").strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        return _error("no_authorization_token")
    signed, _, signature = token.strip().rpartition(".")
    try:
        head, claims = (_member(part) for part in signed.split("."))
        given = _decoded(signature)
    except (ValueError, RecursionError):
        return _error("jwt_verification")
    algorithm = _ALGORITHMS.get(str(head.get("alg")))
    access_key, nonce = claims.get("access_key"), claims.get("nonce")
    if algorithm is None or not isinstance(access_key, str) or not isinstance(nonce, str):
        return _error("jwt_verification")
    # An unknown key has no name of its own in the documentation.
    secret = keys.get(access_key)
    if secret is None or not nonce:
        return _error("jwt_verification")
    # The secret's characters are the key as they are, not something in base64.
    due = hmac.new(secret.encode(), signed.encode(), algorithm).digest()
    if not hmac.compare_digest(due, given):
        return _error("jwt_verification")
    if query and not _fits(claims, query):
        return _error("invalid_query_payload")
    return Authorized(access_key, nonce)


class Authority:
    """Knows the keys and remembers the nonces; counts what was refused and what came twice."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        self._keys = dict(keys)
        # Their hashes, oldest first. Those it begins with are nobody's: like this the room is there
        # from the start.
        self._nonces = dict.fromkeys(range(_NONCES_KEPT))
        self.failures = 0
        self.nonce_reuses = 0

    def check(
        self, header: str | None, *, query: str | None = None, reuse: bool = False
    ) -> Authorized | AuthError:
        """Check a token and use its nonce up. With `reuse` a used one is counted and let pass."""
        checked = check_token(header, self._keys, query=query)
        if isinstance(checked, Authorized):
            nonce = hash(checked)
            if nonce in self._nonces:
                self.nonce_reuses += 1
                if not reuse:
                    checked = _error("nonce_used")
            else:
                del self._nonces[next(iter(self._nonces))]
                self._nonces[nonce] = None
        if isinstance(checked, AuthError):
            self.failures += 1
        return checked


def _error(name: str) -> AuthError:
    return AuthError(name, _MESSAGES[name])


def _fits(claims: Mapping[str, Any], query: str) -> bool:
    if claims.get("query_hash_alg", "SHA512") != "SHA512":
        return False
    # Percent-decoded, as the official SDK hashes it: `states[]=done&…`.
    due = hashlib.sha512(unquote(query).encode()).hexdigest()
    return hmac.compare_digest(due.encode(), str(claims.get("query_hash")).encode(errors="replace"))


def _member(part: str) -> dict[str, Any]:
    member = json.loads(_decoded(part))
    if not isinstance(member, dict):
        raise ValueError("not an object")
    return member


def _decoded(part: str) -> bytes:
    try:
        # The padding that a token leaves out; more than is needed does no harm.
        return urlsafe_b64decode(part + "==")
    except binascii.Error as error:
        raise ValueError(str(error)) from None
