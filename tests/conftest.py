"""What holds for all tests."""

import pytest

_TO_SHRINK_S = 300


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A property test that finds something needs time to find the smallest such thing."""
    for item in items:
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker(pytest.mark.timeout(_TO_SHRINK_S))
