"""The network in memory tells what a real one tells."""

from collections.abc import Sequence

from tickwire.testing import MemoryNetwork


class Heard:
    """A listener that remembers."""

    def __init__(self) -> None:
        self.told: list[list[bytes] | str] = []

    def frames_received(self, frames: Sequence[bytes]) -> None:
        self.told.append(list(frames))

    def pong_received(self) -> None:
        self.told.append("pong")

    def connection_lost(self, reason: str, code: int | None = None) -> None:
        self.told.append(reason)


async def test_frames_delivered_together_are_one_read() -> None:
    """They are told together; a closed connection delivers none."""
    network, heard = MemoryNetwork(), Heard()
    transport = await network.connect("ws://nowhere", headers={}, listener=heard)
    transport.deliver("1", b"2")
    transport.deliver("3")
    transport.close()
    transport.deliver("4")
    assert heard.told == [[b"1", b"2"], [b"3"]]
