"""The benchmark of wishes judges what it has measured, and a small one of them runs."""

from pathlib import Path
from typing import Any

import pytest
from benchmarks.pages import fill
from benchmarks.wishes import CHANGES, Costs, wishes

from benchmarks import wishes as module


def costs(**changed: Any) -> Costs:
    """What a run of the usual size has measured, all well within the bars."""
    usual: dict[str, Any] = {
        "more": [0.4] * 100,
        "less": [0.3] * 100,
        "another": [2.0] * 100,
        "message": [1.0],
    }
    figures = Costs(200, 600, **{**usual, **changed})
    figures.mib, figures.streams, figures.gaps = 68.4, 855, 120_000
    figures.ready_ms, figures.restored_ms = 570.0, 230.0
    return figures


def test_what_is_quick_enough_is_good() -> None:
    """One of a hundred may take as long as it likes."""
    assert not costs().faults()
    assert not costs(another=[2.0] * 199 + [70.0]).faults()


@pytest.mark.parametrize("what", ["more", "less", "another", "message"])
def test_a_change_that_takes_too_long_is_told(what: str) -> None:
    """Two of a hundred are too many."""
    [fault] = costs(**{what: [0.4] * 98 + [50.0] * 2}).faults()
    assert fault.endswith(", p99")


def test_a_handful_that_costs_a_millisecond_is_told() -> None:
    """In the median, since a machine may hiccup."""
    assert not costs(more=[0.9] * 51 + [9.0] * 49).faults()
    assert costs(more=[0.9] * 49 + [1.0] * 51).faults() == {"5 more, median": 1.0}


def test_the_table_goes_into_its_page(tmp_path: Path) -> None:
    """Between its markers, as often as one likes."""
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- wishes: costs -->\n<!-- end: costs -->\nafter\n")
    for _ in range(2):
        fill(page, "wishes", {"costs": costs().table()})
    told = page.read_text().splitlines()
    assert told[0] == "before"
    assert told[-1] == "after"
    assert "| five order books more | 0.4 ms |" in told
    assert "| another 600, which is some 180 more and as many less | 2 ms |" in told
    assert "| 200 wait until they are ready, in 855 reads | 0.57 s |" in told
    with pytest.raises(ValueError, match="no marker '<!-- wishes: others"):
        fill(page, "wishes", {"others": ""})


def test_the_page_has_the_markers() -> None:
    """So a run finds where its figures belong."""
    begin, end = "<!-- wishes: costs -->", "<!-- end: costs -->"
    assert begin in module.PAGE.read_text().partition(end)[0]


async def test_a_few_components_change_their_minds() -> None:
    """Everything is measured as often as it should be, and told on one line."""
    figures = await wishes(5, 100)
    assert len(figures.more) == len(figures.less) == len(figures.another) == CHANGES
    assert figures.gaps > 0
    assert figures.line().startswith("wishes: 5 components x 100 of 855: ")
