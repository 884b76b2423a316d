"""Where Upbit is, and how often it may be asked."""

from typing import Any

import pytest

from tickwire.core.exchange import Endpoint
from tickwire.core.limiter import Limit
from tickwire.errors import UsageError
from tickwire.exchanges.upbit import Upbit
from tickwire.subscription import DataType, SubscriptionSpec


@pytest.mark.parametrize(
    ("environment", "host"),
    [
        ("kr", "api.upbit.com"),
        ("sg", "sg-api.upbit.com"),
        ("id", "id-api.upbit.com"),
        ("th", "th-api.upbit.com"),
    ],
)
def test_each_environment_has_its_host(environment: str, host: str) -> None:
    """The addresses are those of the documentation."""
    upbit = Upbit(environment=environment)
    assert upbit.url(Endpoint.PUBLIC) == f"wss://{host}/websocket/v1"
    assert upbit.url(Endpoint.PRIVATE) == f"wss://{host}/websocket/v1/private"
    assert upbit.url(Endpoint.INFO) == f"wss://{host}/websocket/v1/info"
    assert upbit.markets_url() == f"https://{host}/v1/market/all"
    instruments = f"https://{host}/v1/orderbook/instruments?markets=KRW-BTC,KRW-ETH"
    assert upbit.levels_url(["KRW-BTC", "KRW-ETH"]) == instruments


def test_indonesia_refuses_price_groupings() -> None:
    """It would close the connection of everybody, so it is refused at the call."""
    grouped = SubscriptionSpec("orderbook", "KRW-BTC", level=10_000)
    with pytest.raises(UsageError, match=r"Upbit \(id\) does not group prices"):
        Upbit(environment="id").check(grouped)
    Upbit(environment="id").check(SubscriptionSpec("orderbook", "IDR-BTC", level=0))
    for environment in ("kr", "sg", "th"):
        Upbit(environment=environment).check(grouped)


def test_korea_is_the_default() -> None:
    """Without an environment the Korean host is meant."""
    assert Upbit().websocket_base_url == Upbit(environment="kr").websocket_base_url


@pytest.mark.parametrize("environment", ["KR", "jp", "", None, 5])
def test_an_unknown_environment_is_told_the_known_ones(environment: Any) -> None:
    """The refusal lists the environments."""
    with pytest.raises(UsageError, match="expected one of: kr, sg, id, th"):
        Upbit(environment=environment)


@pytest.mark.parametrize(
    ("websocket", "base", "rest"),
    [
        ("ws://127.0.0.1:8765", "ws://127.0.0.1:8765", "http://127.0.0.1:8765"),
        ("wss://proxy.example/", "wss://proxy.example", "https://proxy.example"),
        ("WS://[::1]:80", "ws://[::1]:80", "http://[::1]:80"),
    ],
)
def test_one_address_serves_both(websocket: str, base: str, rest: str) -> None:
    """A local exchange needs to be named once; REST follows the WebSocket address."""
    upbit = Upbit(websocket_base_url=websocket)
    assert (upbit.websocket_base_url, upbit.base_url) == (base, rest)
    assert upbit.url(Endpoint.PUBLIC) == base + "/websocket/v1"
    assert repr(upbit) == f"<Upbit {base}>"


def test_both_addresses_can_be_given() -> None:
    """Each address may be set without the other."""
    both = Upbit(websocket_base_url="ws://a:1", base_url="https://b:2/")
    assert (both.websocket_base_url, both.base_url) == ("ws://a:1", "https://b:2")
    rest = Upbit(environment="sg", base_url="http://b")
    assert (rest.websocket_base_url, rest.base_url) == ("wss://sg-api.upbit.com", "http://b")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.upbit.com",
        "api.upbit.com:443",
        "https://api.upbit.com",
        "ws://",
        "ws:///websocket",
        "ws://:80",
        "ws://[::1",
        "ws://host:port",
        "ws://host:99999",
        "ws://host:0",
        "ws://host/websocket/v1",
        "ws://host?x=1",
        "ws://host#x",
        "ws://user:secret@host",
    ],
)
def test_a_bad_address_is_refused(url: str) -> None:
    """Scheme and host are expected and nothing else; a password is not repeated."""
    with pytest.raises(UsageError, match="websocket_base_url") as error:
        Upbit(websocket_base_url=url)
    assert "secret" not in str(error.value)
    with pytest.raises(UsageError, match="base_url"):
        Upbit(base_url=url.replace("ws://", "http://").replace("https://", "ftp://"))


def test_each_type_has_its_endpoint() -> None:
    """What needs no key is served without one."""
    named = {
        "myOrder": Endpoint.PRIVATE,
        "myAsset": Endpoint.PRIVATE,
        "announcement": Endpoint.PRIVATE,
        "indicator": Endpoint.INFO,
        "indicator_signal": Endpoint.INFO,
    }
    for kind in DataType:
        assert Upbit().endpoint_of(kind) is named.get(kind, Endpoint.PUBLIC)


def test_the_limits_are_the_documented_ones() -> None:
    """Five connects a second; five messages a second and a hundred a minute."""
    assert list(Upbit.connect_limits) == [Limit(5, 1.0)]
    assert list(Upbit.message_limits) == [Limit(5, 1.0), Limit(100, 60.0)]
