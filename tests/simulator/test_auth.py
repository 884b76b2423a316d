"""Who is let in to the private endpoints."""

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.simulator.raw import ACCESS, KEYS, SECRET, HandClock, Raw, bearer, raw
from tickwire.simulator import Simulator
from tickwire.simulator.auth import AuthError, Authority, Authorized, check_token
from tickwire.simulator.switches import Switches

PRIVATE = ("/websocket/v1/private", "/websocket/v1/info")


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    """A running exchange with two accounts."""
    async with Simulator(markets=2, keys=KEYS, clock=HandClock()) as simulator:
        yield simulator


def by_hand(head: dict[str, Any] | str, claims: Any, secret: str = SECRET) -> str:
    """A token of parts that no library would put together."""
    parts = [
        urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
        for part in (head, claims)
    ]
    signed = ".".join(parts)
    digest = hmac.new(secret.encode(), signed.encode(), hashlib.sha512).digest()
    return f"Bearer {signed}.{urlsafe_b64encode(digest).rstrip(b'=').decode()}"


HEAD = {"alg": "HS512", "typ": "JWT"}
CLAIMS = {"access_key": ACCESS, "nonce": "n"}


@pytest.mark.parametrize("algorithm", ["HS256", "HS512"])
def test_a_right_token(algorithm: str) -> None:
    """Both algorithms of Upbit's samples are accepted."""
    checked = check_token(bearer(algorithm=algorithm, nonce="n"), KEYS)
    assert checked == Authorized(ACCESS, "n")


def test_nothing_but_the_two_claims_is_needed() -> None:
    """A token made by hand needs no `typ`, and its scheme may be in lower case."""
    token = by_hand({"alg": "HS512"}, CLAIMS).replace("Bearer", "bearer")
    assert isinstance(check_token(token, KEYS), Authorized)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (None, "no_authorization_token"),
        ("", "no_authorization_token"),
        ("Bearer", "no_authorization_token"),
        ("Bearer   ", "no_authorization_token"),
        ("Basic YTpi", "no_authorization_token"),
        ("Bearer nonsense", "jwt_verification"),
        ("Bearer a.b.c", "jwt_verification"),
        ("Bearer é.é.é", "jwt_verification"),
        ("Bearer ..", "jwt_verification"),
        (bearer() + "x", "jwt_verification"),
        (bearer() + ".x", "jwt_verification"),
        (bearer(algorithm="HS384"), "jwt_verification"),
        (bearer(access="STRANGER"), "jwt_verification"),
        (bearer(secret="wrong-" * 20), "jwt_verification"),
        (bearer(nonce=None), "jwt_verification"),
        (bearer(nonce=""), "jwt_verification"),
        (bearer(nonce=7), "jwt_verification"),
        (bearer(access_key=None), "jwt_verification"),
        (bearer(access_key=["x"]), "jwt_verification"),
        (by_hand({"alg": "none"}, CLAIMS), "jwt_verification"),
        (by_hand({"alg": ["HS512"]}, CLAIMS), "jwt_verification"),
        (by_hand({}, CLAIMS), "jwt_verification"),
        (by_hand("HS512", CLAIMS), "jwt_verification"),
        (by_hand(HEAD, [CLAIMS]), "jwt_verification"),
        (by_hand(HEAD, None), "jwt_verification"),
    ],
)
def test_a_wrong_token(header: str | None, name: str) -> None:
    """What is missing or does not verify is named as Upbit names it, never an exception."""
    checked = check_token(header, KEYS)
    assert isinstance(checked, AuthError)
    assert checked.name == name
    assert SECRET not in checked.message


def hashed(query: str) -> str:
    return hashlib.sha512(query.encode()).hexdigest()


@pytest.mark.parametrize(
    ("query", "claims", "right"),
    [
        (None, {}, True),
        ("", {}, True),
        ("market=KRW-BTC", {"query_hash": hashed("market=KRW-BTC")}, True),
        ("states%5B%5D=done", {"query_hash": hashed("states[]=done")}, True),
        ("states%5B%5D=done", {"query_hash": hashed("states%5B%5D=done")}, False),
        ("a=1", {"query_hash": hashed("a=2")}, False),
        ("a=1", {}, False),
        ("a=1", {"query_hash": 7}, False),
        ("a=1", {"query_hash": "é"}, False),
        ("a=1", {"query_hash": "\ud800"}, False),
        ("a=1", {"query_hash": hashed("a=1"), "query_hash_alg": "SHA256"}, False),
    ],
)
def test_the_query_hash(query: str | None, claims: dict[str, Any], right: bool) -> None:
    """A call with parameters carries the hash of its decoded query string."""
    if "query_hash" in claims:
        claims = {"query_hash_alg": "SHA512", **claims}
    checked = check_token(bearer(**claims), KEYS, query=query)
    assert isinstance(checked, Authorized) is right
    assert right or (isinstance(checked, AuthError) and checked.name == "invalid_query_payload")


def test_a_nonce_counts_once() -> None:
    """The second use of a nonce is refused and counted; each account has its own."""
    authority = Authority(KEYS)
    token = bearer(nonce="n")
    assert isinstance(authority.check(token), Authorized)
    again = authority.check(token)
    assert isinstance(again, AuthError)
    assert again.name == "nonce_used"
    assert isinstance(authority.check(token, reuse=True), Authorized)
    other = bearer(access="OTHER", secret=KEYS["OTHER"], nonce="n")
    assert isinstance(authority.check(other), Authorized)
    assert (authority.failures, authority.nonce_reuses) == (1, 2)


def test_nonces_are_remembered_for_long() -> None:
    """The last five thousand are known, whoever they are of; what is older is forgotten."""
    authority = Authority(KEYS)
    tokens = [bearer(nonce=f"{number}") for number in range(5_001)]
    for token in tokens:
        assert isinstance(authority.check(token), Authorized)
    for token in (tokens[1], tokens[-1]):
        assert isinstance(authority.check(token), AuthError)
    assert isinstance(authority.check(tokens[0]), Authorized)


@pytest.mark.parametrize("path", PRIVATE)
@pytest.mark.parametrize("algorithm", ["HS256", "HS512"])
async def test_the_private_endpoints_let_in(
    simulator: Simulator, path: str, algorithm: str
) -> None:
    """With a token a private endpoint opens, and says nothing before it is asked."""
    async with raw(simulator, path, Authorization=bearer(algorithm=algorithm)) as socket:
        assert "limit-by-ip" not in socket.headers
        assert await socket.quiet()
        socket.ask({"method": "LIST_SUBSCRIPTIONS"})
        assert (await socket.said())["result"] == []


@pytest.mark.parametrize("path", PRIVATE)
@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ({}, "no_authorization_token"),
        ({"Authorization": "Bearer nonsense"}, "jwt_verification"),
        ({"Authorization": bearer(secret="wrong-" * 20)}, "jwt_verification"),
    ],
)
async def test_without_a_token_there_is_401(
    simulator: Simulator, path: str, headers: dict[str, str], name: str
) -> None:
    """Without a token, or with a bad one, the upgrade is refused."""
    refused = await Raw.connect(simulator, path, headers)
    assert refused.status == 401
    assert (await refused.body())["error"]["name"] == name
    assert simulator.stats()["totals"]["auth_failures"] == 1
    refused.abort()


async def test_a_used_nonce_is_refused(simulator: Simulator) -> None:
    """Each connect needs a token of its own."""
    token = bearer()
    async with raw(simulator, PRIVATE[0], Authorization=token):
        refused = await Raw.connect(simulator, PRIVATE[0], {"Authorization": token})
        assert refused.status == 401
        assert (await refused.body())["error"]["name"] == "nonce_used"
        refused.abort()
    totals = simulator.stats()["totals"]
    assert (totals["nonce_reuses"], totals["auth_failures"]) == (1, 1)


@pytest.mark.parametrize("token", [None, "Bearer nonsense"])
async def test_the_refusal_in_band(token: str | None) -> None:
    """With the switch the upgrade succeeds and INVALID_AUTH is the first and last thing said."""
    switches = Switches(in_band_auth=True)
    headers = {} if token is None else {"Authorization": token}
    async with (
        Simulator(markets=1, keys=KEYS, switches=switches) as simulator,
        raw(simulator, PRIVATE[0], **headers) as socket,
    ):
        assert (await socket.refused())["name"] == "INVALID_AUTH"


async def test_the_public_endpoint_needs_no_token(simulator: Simulator) -> None:
    """A bad token on the public endpoint does no harm, and no account comes of it."""
    async with raw(simulator, Authorization="Bearer nonsense") as socket:
        socket.ask({"type": "ticker", "codes": ["KRW-BTC"]})
        assert (await socket.said())["type"] == "ticker"
        assert simulator.stats()["connections"][0]["account"] is None


async def test_connects_with_a_token_count_for_the_pocket(simulator: Simulator) -> None:
    """Address and Pockets have five connects each in a second, whatever the others do."""

    async def status(path: str, **headers: str) -> int:
        socket = await Raw.connect(simulator, path, headers)
        opened.append(socket)
        return socket.status

    opened: list[Raw] = []
    other = KEYS["OTHER"]
    assert [await status("/websocket/v1") for _ in range(6)] == [101] * 5 + [429]
    # A token on the public endpoint moves the connect to the Pocket.
    assert await status("/websocket/v1", Authorization=bearer()) == 101
    assert [await status(PRIVATE[0], Authorization=bearer()) for _ in range(5)] == [101] * 4 + [429]
    assert await status(PRIVATE[1], Authorization=bearer("OTHER", other)) == 101
    # Whose token does not hold is an address like any other.
    assert await status(PRIVATE[0], Authorization="Bearer nonsense") == 418
    for socket in opened:
        socket.abort()
