"""The last so many rows of numbers, in room that is there from the start.

What a market remembers is packed into one block for each kind of thing, taken and filled at once.
So an exchange that has run for weeks is as big as one that has just begun: nothing that comes later
needs room of its own between the many small objects of the books.
"""

from collections.abc import Iterator
from struct import Struct
from typing import Any

__all__ = ["Ring"]


class Ring:
    """The last `kept` rows, each packed as `row` says: a new one overwrites the oldest."""

    def __init__(self, row: Struct, kept: int) -> None:
        self._row = row
        # Zeros are written, not only reserved: the memory is ours from now on.
        self._room = bytearray(self._row.size * kept)
        self.kept = kept
        self.added = 0
        """How many rows there have ever been."""

    def __repr__(self) -> str:
        return f"Ring({len(self)} of {self.kept} rows)"

    def __len__(self) -> int:
        return min(self.added, self.kept)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        """The rows that are kept, newest first."""
        for number in range(self.added - 1, self.added - 1 - len(self), -1):
            yield self._row.unpack_from(self._room, number % self.kept * self._row.size)

    def add(self, *row: int | bytes) -> None:
        """One more row."""
        self._row.pack_into(self._room, self.added % self.kept * self._row.size, *row)
        self.added += 1
