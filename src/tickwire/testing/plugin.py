"""A pytest plugin: `pytest_plugins = ["tickwire.testing.plugin"]` in a `conftest.py`.

@pytest.mark.local_exchange(seed=7, markets=20)
def test_my_bot(local_exchange):
    ...
"""

from collections.abc import Iterator

import pytest

from tickwire.testing.exchange import LocalExchange

__all__ = ["local_exchange"]


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        "local_exchange(**options): options of tickwire.simulator.Simulator for the fixture",
    )


@pytest.fixture
def local_exchange(request: pytest.FixtureRequest) -> Iterator[LocalExchange]:
    """A local exchange for one test, in a thread of its own, with the marker's options."""
    marker = request.node.get_closest_marker("local_exchange")
    with LocalExchange(**(marker.kwargs if marker is not None else {})) as exchange:
        yield exchange
