"""What holds for all tests: the choice of the hot path, and time to shrink."""

import sys
import tempfile
from collections.abc import Iterator

import pytest

_TO_SHRINK_S = 300


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--pure", action="store_true", help="run tickwire's hot path in Python")


def pytest_configure(config: pytest.Config) -> None:
    # Nothing has imported tickwire yet; what is None cannot be imported.
    if config.getoption("--pure"):
        assert "tickwire" not in sys.modules
        sys.modules["tickwire._hot"] = None  # type: ignore[assignment]


def pytest_report_header(config: pytest.Config) -> str:
    from tickwire.hot import IS_COMPILED

    return f"tickwire's hot path: {'compiled' if IS_COMPILED else 'in Python'}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A property test that finds something needs time to find the smallest such thing."""
    for item in items:
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker(pytest.mark.timeout(_TO_SHRINK_S))


@pytest.fixture(scope="session", autouse=True)
def own_temporary_directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What processes of this host share stands there; tests share it with nobody."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(tmp_path_factory.mktemp("shared")))
        patch.setattr(tempfile, "tempdir", None)
        yield
