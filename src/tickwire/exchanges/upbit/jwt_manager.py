"""The keys of an account, and the token signed with them that opens an endpoint.

    Authorization: Bearer base64url(header).base64url(claims).base64url(HMAC(secret, what precedes))

Source: the auth and websocket-guide pages of docs.upbit.com (2026-09-01). A token is read once, at
the handshake, and its nonce may not come twice. So there is none to keep, to cache or to refresh:
each handshake gets its own.
"""

import hashlib
import hmac
import os
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from typing import Literal, NoReturn

import msgspec

from tickwire.errors import AuthenticationError, UsageError
from tickwire.world import new_uuid

__all__ = ["Algorithm", "JWTManager"]

Algorithm = Literal["HS512", "HS256"]

_HASHES = {"HS512": hashlib.sha512, "HS256": hashlib.sha256}

_KEY = re.compile(r"[!-~]+")
"""Anything without spaces that can be typed; Upbit promises no alphabet and no length."""

_REMEDY = (
    "pass both access_key= and secret_key=, or set UPBIT_ACCESS_KEY and UPBIT_SECRET_KEY; "
    "keys are made on the Open API page of an Upbit account"
)


class _Hidden(str):
    """Text that is not shown where objects are dumped: in a `repr`, in `vars`, in a pickle."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<hidden>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("keys and tokens are not pickled or copied; read the keys again instead")


class JWTManager:
    """The keys of an account; makes a token with a fresh nonce for each handshake.

        JWTManager(access_key, secret_key).headers()

    Without arguments the keys are those in UPBIT_ACCESS_KEY and UPBIT_SECRET_KEY, read when they
    are first needed and kept from then on. Upbit recommends HS512 and accepts HS256 as well.
    Raises `AuthenticationError` for keys that are malformed, and for missing ones when they are
    needed. Neither the keys nor a token show in a `repr`, in an error or in a pickle.
    """

    def __init__(
        self,
        access_key: str | None = None,
        secret_key: str | None = None,
        *,
        algorithm: Algorithm = "HS512",
        new_uuid: Callable[[], str] = new_uuid,
    ) -> None:
        if not isinstance(algorithm, str) or algorithm not in _HASHES:
            raise UsageError(f"unknown algorithm {algorithm!r}; expected HS512 or HS256")
        self.algorithm = algorithm
        self.is_given = access_key is not None or secret_key is not None
        """Whether the keys were passed as arguments, rather than left to the environment."""
        self._new_uuid = new_uuid
        self._keys: tuple[_Hidden, _Hidden] | None = None
        if self.is_given:
            self._keys = _checked("access_key", access_key), _checked("secret_key", secret_key)

    def __repr__(self) -> str:
        source = "given" if self.is_given else "from the environment"
        return f"<JWTManager {self.algorithm}: keys {source}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a JWTManager is not pickled or copied, since it holds keys")

    @property
    def access_key(self) -> str | None:
        """The access key, if the keys were passed as arguments."""
        return self._keys[0] if self.is_given and self._keys is not None else None

    @property
    def fingerprint(self) -> str:
        """What tells the access key from others, without showing it.

        Raises `AuthenticationError` if there is none.
        """
        access_key, _ = self._signing_keys()
        return hashlib.sha256(str(access_key).encode()).hexdigest()[:16]

    def has_keys_of(self, other: "JWTManager") -> bool:
        """Whether both have the same keys, or both leave them to the environment."""
        return self.is_given == other.is_given and (not self.is_given or self._keys == other._keys)

    def check(self) -> None:
        """Raise `AuthenticationError` if there are no keys."""
        self._signing_keys()

    def token(self) -> str:
        """A new token, for one handshake."""
        access_key, secret_key = self._signing_keys()
        header = _part({"alg": self.algorithm, "typ": "JWT"})
        claims = _part({"access_key": str(access_key), "nonce": self._new_uuid()})
        signed = header + b"." + claims
        # The secret's characters are the key as they are, not something in base64.
        signature = hmac.digest(secret_key.encode(), signed, _HASHES[self.algorithm])
        return _Hidden((signed + b"." + _base64(signature)).decode())

    def headers(self) -> Mapping[str, str]:
        """The headers of one handshake, with a new token."""
        return {"Authorization": _Hidden(f"Bearer {self.token()}")}

    def _signing_keys(self) -> tuple[_Hidden, _Hidden]:
        if self._keys is None:
            self._keys = (
                _from_environment("UPBIT_ACCESS_KEY"),
                _from_environment("UPBIT_SECRET_KEY"),
            )
        return self._keys


def _from_environment(name: str) -> _Hidden:
    return _checked(name, os.environ.get(name))


def _checked(name: str, key: str | None) -> _Hidden:
    """The key, if it can be one; what is wrong with it is told without showing it."""
    if key is None:
        raise AuthenticationError(f"{name} is missing; {_REMEDY}")
    if not isinstance(key, str):
        raise AuthenticationError(f"{name} must be text, not a {type(key).__name__}; {_REMEDY}")
    if not key.strip():
        raise AuthenticationError(f"{name} is empty; {_REMEDY}")
    if not _KEY.fullmatch(key):
        raise AuthenticationError(
            f"{name} has characters that no key has, such as spaces or letters outside ASCII; "
            "copy it again, without quotes and blanks around it"
        )
    return _Hidden(key)


def _part(member: Mapping[str, str]) -> bytes:
    return _base64(msgspec.json.encode(member))


def _base64(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")
