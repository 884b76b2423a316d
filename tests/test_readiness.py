"""Those who wait for streams to be confirmed are woken when none is missing, and not before."""

import asyncio

import pytest

from tickwire.readiness import Readiness, Waits
from tickwire.subscription import DataType, Stream
from tickwire.testing import ManualClock

STREAMS = [Stream(DataType.TRADE, f"KRW-{number:04}") for number in range(600)]


class Scene:
    """One who waits for some streams, and how often it has asked about any."""

    def __init__(self, timeout: float | None = None) -> None:
        self.clock = ManualClock()
        self.waits = Waits(self.clock)
        self.wanted = set(STREAMS)
        self.live: set[Stream] = set()
        self.asked = 0
        self.task = asyncio.ensure_future(
            self.waits.until_confirmed(lambda: frozenset(self.wanted), self.is_missing, timeout)
        )

    def is_missing(self, stream: Stream) -> bool:
        self.asked += 1
        return stream in self.wanted and stream not in self.live

    async def progress(self) -> bool:
        """Something has changed; whether the wait is over."""
        self.waits.progressed()
        await self.clock.advance(0.001)
        return self.task.done()


async def test_it_is_over_when_the_last_stream_is_confirmed() -> None:
    """Each of hundreds comes alone; the wait ends with the last."""
    scene = Scene()
    for stream in STREAMS:
        assert not await scene.progress()
        scene.live.add(stream)
    assert await scene.progress()
    assert await scene.task == Readiness(frozenset(STREAMS), frozenset())


async def test_a_wait_asks_about_each_stream_a_few_times_only() -> None:
    """However many reads confirm them, and in whatever order: not every stream at every read."""
    scene = Scene()
    for stream in reversed(STREAMS):
        await scene.progress()
        scene.live.add(stream)
    assert await scene.progress()
    assert scene.asked < 6 * len(STREAMS)


async def test_a_stream_that_was_lost_again_is_waited_for() -> None:
    """All were confirmed once, but never all at the same time."""
    scene = Scene()
    await scene.progress()
    scene.live |= set(STREAMS[:300])
    assert not await scene.progress()
    scene.live = set(STREAMS[300:])
    assert not await scene.progress()
    scene.live = set(STREAMS)
    assert await scene.progress()


async def test_a_withdrawn_stream_is_not_waited_for() -> None:
    """What nobody wants is not missing."""
    scene = Scene()
    scene.live = set(STREAMS[1:])
    assert not await scene.progress()
    scene.wanted.discard(STREAMS[0])
    assert await scene.progress()
    assert scene.task.result()


async def test_time_can_run_out() -> None:
    """Then what is missing is told, and the wait is no burden any more."""
    scene = Scene(timeout=2.0)
    await scene.progress()
    scene.live = set(STREAMS[1:])
    assert not await scene.progress()
    await scene.clock.advance(2.0)
    assert (await scene.task).missing == {STREAMS[0]}
    assert repr(scene.waits) == "<Waits: 0>"


async def test_nobody_waits_after_the_end() -> None:
    """Whoever waits is woken, and whoever comes later is answered at once."""
    scene = Scene()
    await scene.progress()
    scene.waits.end()
    assert not await scene.task
    assert not await scene.waits.until_confirmed(lambda: frozenset(STREAMS), scene.is_missing, None)


async def test_a_wait_can_be_cancelled() -> None:
    """It leaves nothing behind."""
    scene = Scene(timeout=5.0)
    await scene.progress()
    scene.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await scene.task
    scene.waits.end()
    assert repr(scene.waits) == "<Waits: 0>"
