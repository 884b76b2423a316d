"""A message that is told once: what the private and info endpoints send.

Public streams show the state of a market to whoever wants it. A notice is something that has
happened, an order filled or an indicator closed; it has no snapshot, and it knows by itself whose
wish it answers.
"""

from typing import Protocol

from tickwire.simulator.wire.formats import Format
from tickwire.simulator.wire.request import Wish

__all__ = ["Notice"]


class Notice(Protocol):
    """Something to tell to those whose wish it answers."""

    def frame_for(self, wish: Wish, account: str | None, form: Format) -> bytes | None:
        """The frame for a connection with this wish, opened with this access key; or nothing."""
