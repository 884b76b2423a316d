"""Tables of transitions as they are written down in tests: by hand, and read in columns."""

__all__ = ["grid"]


def grid(text: str) -> dict[tuple[str, str], str]:
    """(row, column) → cell; a dot is no cell, and `=` is the name of the row itself."""
    head, *lines = (line.split() for line in text.strip().splitlines())
    cells = {
        (row, column): row if cell == "=" else cell
        for row, *columns in lines
        for column, cell in zip(head[1:], columns, strict=True)
    }
    return {place: cell for place, cell in cells.items() if cell != "."}
