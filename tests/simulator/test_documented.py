"""The page about the local exchange names everything that can be set and called."""

import dataclasses
import inspect
import json
from pathlib import Path

import pytest

from tickwire.simulator import Simulator, Switches
from tickwire.simulator.rest.order_calls import CALLS

PAGE = (Path(__file__).parents[2] / "docs" / "local-exchange.md").read_text()


@pytest.mark.parametrize("field", dataclasses.fields(Switches), ids=lambda field: field.name)
def test_switches(field: dataclasses.Field[object]) -> None:
    """Each with its default."""
    default = json.dumps(field.default) if isinstance(field.default, str) else field.default
    assert f"`{field.name}={default}`" in PAGE


@pytest.mark.parametrize("name", list(inspect.signature(Simulator).parameters))
def test_options(name: str) -> None:
    """Each has its line in the table."""
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize(("method", "path"), list(CALLS))
def test_calls_of_accounts(method: str, path: str) -> None:
    """Each with its method."""
    rows = [line for line in PAGE.splitlines() if line.startswith(f"| `{method} /v1/")]
    assert any(f"{path}`" in row for row in rows)
