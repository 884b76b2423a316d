"""The keys of an account, and the tokens that they sign."""

import copy
import pickle
from itertools import count
from typing import Any
from uuid import UUID

import jwt
import pytest

from tickwire import AuthenticationError, JWTManager, UsageError
from tickwire.core.exchange import Endpoint
from tickwire.exchanges.upbit import Upbit
from tickwire.exchanges.upbit.rules import MARKET_TYPES
from tickwire.indicators import Indicator
from tickwire.subscription import DataType, SubscriptionSpec

ACCESS = "xAccessKeyOfAnAccountThatNobodyHas40char"
SECRET = "ySecretKeyOfAnAccountThatNobodyHas40char"


def claims_of(token: str, secret: str = SECRET, algorithm: str = "HS512") -> dict[str, Any]:
    """What a token says, read by another implementation, which checks the signature too."""
    # The keys of Upbit are shorter than the hash, of which this library warns.
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        claims: dict[str, Any] = jwt.decode(token, secret, algorithms=[algorithm])
    return claims


@pytest.fixture
def manager() -> JWTManager:
    return JWTManager(ACCESS, SECRET)


def test_a_token_is_what_upbit_documents(manager: JWTManager) -> None:
    """HS512, the access key and a nonce, and nothing else."""
    token = manager.token()
    assert jwt.get_unverified_header(token) == {"alg": "HS512", "typ": "JWT"}
    claims = claims_of(token)
    assert claims.keys() == {"access_key", "nonce"}
    assert claims["access_key"] == ACCESS
    assert UUID(claims["nonce"]).version == 4


def test_hs256_can_be_chosen() -> None:
    """The official SDK signs with it."""
    token = JWTManager(ACCESS, "s" * 32, algorithm="HS256").token()
    assert jwt.get_unverified_header(token)["alg"] == "HS256"
    assert jwt.decode(token, "s" * 32, algorithms=["HS256"])["access_key"] == ACCESS


def test_other_algorithms_are_refused() -> None:
    """Above all the one that signs nothing."""
    with pytest.raises(UsageError, match="HS512 or HS256"):
        JWTManager(ACCESS, SECRET, algorithm="none")  # type: ignore[arg-type]


def test_the_secret_is_signed_with_as_it_is() -> None:
    """One that could be read as base64 is not."""
    assert claims_of(JWTManager(ACCESS, "c2VjcmV0").token(), "c2VjcmV0")["access_key"] == ACCESS


def test_each_handshake_has_a_nonce_of_its_own() -> None:
    """The nonce is a new identifier of the world each time."""
    numbers = count(1)
    manager = JWTManager(ACCESS, SECRET, new_uuid=lambda: f"nonce-{next(numbers)}")
    tokens = [manager.headers()["Authorization"].removeprefix("Bearer ") for _ in range(3)]
    assert [claims_of(token)["nonce"] for token in tokens] == ["nonce-1", "nonce-2", "nonce-3"]


def test_the_header_is_a_bearer_token(manager: JWTManager) -> None:
    """`Authorization` and nothing besides."""
    headers = manager.headers()
    assert list(headers) == ["Authorization"]
    scheme, token = headers["Authorization"].split(" ")
    assert scheme == "Bearer"
    assert claims_of(token)["access_key"] == ACCESS


# --- where the keys come from -----------------------------------------------------------------


def test_the_environment_is_read_when_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not before, and once: a program may take its keys out of the environment."""
    monkeypatch.delenv("UPBIT_ACCESS_KEY", raising=False)
    monkeypatch.delenv("UPBIT_SECRET_KEY", raising=False)
    manager = JWTManager()
    monkeypatch.setenv("UPBIT_ACCESS_KEY", ACCESS)
    monkeypatch.setenv("UPBIT_SECRET_KEY", SECRET)
    assert claims_of(manager.token())["access_key"] == ACCESS
    monkeypatch.delenv("UPBIT_ACCESS_KEY")
    monkeypatch.delenv("UPBIT_SECRET_KEY")
    assert claims_of(manager.token())["access_key"] == ACCESS


@pytest.mark.parametrize("missing", ["UPBIT_ACCESS_KEY", "UPBIT_SECRET_KEY"])
def test_a_missing_key_is_told_with_its_remedy(
    missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When it is needed, not when the manager is made; and it may be set then."""
    monkeypatch.setenv("UPBIT_ACCESS_KEY", ACCESS)
    monkeypatch.setenv("UPBIT_SECRET_KEY", SECRET)
    monkeypatch.delenv(missing)
    manager = JWTManager()
    for call in (manager.check, manager.token, manager.headers):
        with pytest.raises(AuthenticationError, match=f"{missing} is missing; pass both"):
            call()
    monkeypatch.setenv(missing, "now-it-is-there")
    manager.check()


@pytest.mark.parametrize("name", ["access_key", "secret_key"])
def test_half_a_pair_is_no_pair(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other half is not taken from the environment, where another account's may stand."""
    monkeypatch.setenv("UPBIT_ACCESS_KEY", ACCESS)
    monkeypatch.setenv("UPBIT_SECRET_KEY", SECRET)
    other = {"access_key": "secret_key", "secret_key": "access_key"}[name]
    with pytest.raises(AuthenticationError, match=f"{other} is missing"):
        JWTManager(**{name: "a-key"})  # type: ignore[arg-type]


MALFORMED = ["", " ", "\n", f"{SECRET}\n", f" {SECRET}", "two words", "비밀", "a\x00b", '"a"\t']


@pytest.mark.parametrize("key", MALFORMED)
@pytest.mark.parametrize("name", ["access_key", "secret_key"])
def test_a_malformed_key_is_refused_at_the_call(name: str, key: str) -> None:
    """The error names the argument and shows nothing of the key."""
    keys = {"access_key": ACCESS, "secret_key": SECRET, name: key}
    with pytest.raises(AuthenticationError, match=f"^{name} (is empty|has characters)") as error:
        JWTManager(**keys)  # type: ignore[arg-type]
    assert SECRET not in str(error.value)
    assert not key.strip() or key not in str(error.value)


@pytest.mark.parametrize("key", [b"bytes", 5, ["list"]])
def test_a_key_must_be_text(key: Any) -> None:
    """Its type is told, not its value."""
    with pytest.raises(AuthenticationError, match=f"must be text, not a {type(key).__name__}"):
        JWTManager(ACCESS, key)


@pytest.mark.parametrize("key", [key for key in MALFORMED if "\x00" not in key])
def test_a_malformed_key_of_the_environment_is_refused(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names the variable."""
    monkeypatch.setenv("UPBIT_ACCESS_KEY", ACCESS)
    monkeypatch.setenv("UPBIT_SECRET_KEY", key)
    with pytest.raises(AuthenticationError, match=r"^UPBIT_SECRET_KEY (is empty|has characters)"):
        JWTManager().check()


def test_two_managers_have_the_same_keys_or_not() -> None:
    """Keys of the environment are the same, whatever they are; given ones are compared."""
    given = JWTManager(ACCESS, SECRET)
    assert given.has_keys_of(JWTManager(ACCESS, SECRET))
    assert not given.has_keys_of(JWTManager(ACCESS, "another"))
    assert not given.has_keys_of(JWTManager())
    assert JWTManager().has_keys_of(JWTManager())
    assert (given.access_key, JWTManager().access_key) == (ACCESS, None)


# --- what is not shown ------------------------------------------------------------------------


def test_nothing_is_shown(manager: JWTManager) -> None:
    """Not in a `repr`, in `vars`, nor in a dump of the headers."""
    headers = manager.headers()
    shown = [repr(manager), str(manager), f"{manager}", repr(vars(manager)), repr(headers)]
    shown += [f"{headers}", repr(manager.token()), repr(manager.access_key)]
    for text in shown:
        assert ACCESS not in text
        assert SECRET not in text
        assert "eyJ" not in text


def test_nothing_is_pickled_or_copied(manager: JWTManager) -> None:
    """Neither the manager nor what it gives, nor anything that holds it."""
    for secret in (manager, manager.token(), manager.headers(), Upbit(jwt_manager=manager)):
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            with pytest.raises(TypeError, match="not pickled") as error:
                pickle.dumps(secret, protocol)
            assert SECRET not in str(error.value)
        with pytest.raises(TypeError, match="or copied"):
            copy.deepcopy(secret)


# --- where the keys may go --------------------------------------------------------------------


@pytest.mark.parametrize("url", ["ws://api.upbit.com", "ws://10.0.0.1:80", "ws://127.evil.test"])
def test_keys_are_not_sent_in_the_clear(url: str) -> None:
    """Not to another machine; without keys the address is good enough."""
    with pytest.raises(UsageError, match="not encrypted; use wss://"):
        Upbit(websocket_base_url=url, jwt_manager=JWTManager(ACCESS, SECRET))
    assert Upbit(websocket_base_url=url).headers(Endpoint.PUBLIC) == {}


def test_keys_of_the_environment_are_not_sent_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are looked for when a type needs them, so the refusal comes then."""
    monkeypatch.setenv("UPBIT_ACCESS_KEY", ACCESS)
    monkeypatch.setenv("UPBIT_SECRET_KEY", SECRET)
    upbit = Upbit(websocket_base_url="ws://exchange.test")
    upbit.check(SubscriptionSpec("ticker", "KRW-BTC"))
    with pytest.raises(UsageError, match="not encrypted"):
        upbit.check(SubscriptionSpec("myOrder"))
    with pytest.raises(UsageError, match="not encrypted"):
        upbit.headers(Endpoint.PRIVATE)


@pytest.mark.parametrize(
    "url",
    ["wss://api.upbit.com", "ws://127.0.0.1:1", "ws://127.8.9.1", "ws://[::1]:5", "ws://localhost"],
)
def test_keys_go_encrypted_or_to_this_machine(url: str) -> None:
    """A local exchange needs no certificate."""
    upbit = Upbit(websocket_base_url=url, jwt_manager=JWTManager(ACCESS, SECRET))
    assert upbit.headers(Endpoint.PRIVATE).keys() == {"Authorization"}


def test_the_public_endpoint_never_sees_a_token(manager: JWTManager) -> None:
    """With keys or without; the other two always do, each time another."""
    upbit = Upbit(jwt_manager=manager)
    assert upbit.headers(Endpoint.PUBLIC) == {}
    for endpoint in (Endpoint.PRIVATE, Endpoint.INFO):
        assert upbit.headers(endpoint) != upbit.headers(endpoint)


def test_private_types_need_keys_and_public_ones_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each type of an endpoint that is not public."""
    monkeypatch.delenv("UPBIT_ACCESS_KEY", raising=False)
    upbit = Upbit()
    rsi = Indicator.rsi(timeframe="15m")
    wishes = [SubscriptionSpec(kind, "KRW-BTC") for kind in DataType if kind in MARKET_TYPES]
    wishes += [SubscriptionSpec(kind) for kind in ("myOrder", "myAsset", "announcement")]
    wishes.append(SubscriptionSpec("indicator", "KRW-BTC", indicators=rsi))
    signal = rsi.when("overbought", threshold=70)
    wishes.append(SubscriptionSpec("indicator_signal", "KRW-BTC", indicators=signal))
    assert {wish.data_type for wish in wishes} == set(DataType)
    need = set()
    for wish in wishes:
        try:
            upbit.check(wish)
        except AuthenticationError:
            need.add(wish.data_type)
    assert need == {"myOrder", "myAsset", "announcement", "indicator", "indicator_signal"}


def test_two_answers_say_that_keys_are_refused() -> None:
    """HTTP 401 and INVALID_AUTH; what is wrong with a request says nothing of keys."""
    answers = (401, "INVALID_AUTH", 400, 403, 418, 429, 500, "WRONG_FORMAT", "TOO_MANY_REQUEST")
    assert [each for each in answers if Upbit().refuses_keys(each)] == [401, "INVALID_AUTH"]
