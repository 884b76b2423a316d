"""Pages of the documentation whose figures a run writes between their markers."""

from collections.abc import Mapping
from pathlib import Path

__all__ = ["fill"]


def fill(page: Path, benchmark: str, texts: Mapping[str, str]) -> None:
    """Put each text between `<!-- benchmark: name -->` and `<!-- end: name -->` of a page."""
    text = page.read_text()
    for name, filling in texts.items():
        begin, end = f"<!-- {benchmark}: {name} -->", f"<!-- end: {name} -->"
        if begin not in text:
            raise ValueError(f"{page.name} has no marker {begin!r}")
        before, _, rest = text.partition(begin)
        _, found, after = rest.partition(end)
        if not found:
            raise ValueError(f"{page.name} has no marker {end!r}")
        text = f"{before}{begin}\n{filling}\n{end}{after}"
    page.write_text(text)
