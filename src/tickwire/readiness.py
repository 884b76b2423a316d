"""Which streams are confirmed, and those who wait until theirs are."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tickwire.subscription import Stream
from tickwire.world import Clock

__all__ = ["Readiness", "Waits"]


@dataclass(frozen=True)
class Readiness:
    """Which streams are confirmed, which are not (yet), and which do not exist.

    True if all that was wanted is confirmed. Market data is by its first event. Orders, assets,
    announcements and indicators may have nothing to say: they are after a second without an error
    as well. What is `rejected` was wanted last and is withdrawn: the exchange has no such
    market, or does not group its book so.
    """

    confirmed: frozenset[Stream]
    missing: frozenset[Stream]
    rejected: frozenset[Stream] = frozenset()

    def __bool__(self) -> bool:
        return not self.missing and not self.rejected


class Waits:
    """Those who wait until none of their streams is missing.

    Each watches one stream that is still missing. So a read of the socket, which may confirm
    hundreds, asks each of them one question, and not one for every stream that it waits for.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waits: dict[_Wait, asyncio.Future[None]] = {}
        self._ended = False

    def __repr__(self) -> str:
        return f"<Waits: {len(self._waits)}>"

    async def until_confirmed(
        self,
        wanted: Callable[[], frozenset[Stream]],
        is_missing: Callable[[Stream], bool],
        timeout: float | None,
    ) -> Readiness:
        """What is confirmed and what is missing, once nothing is or the time (seconds) is up."""
        wait = _Wait(wanted, is_missing)
        if not self._ended and not wait.is_over():
            over = self._waits[wait] = asyncio.get_running_loop().create_future()
            timer = None
            if timeout is not None:
                timer = self._clock.call_at(self._clock.now() + timeout, lambda: _set(over))
            try:
                await over
            finally:
                del self._waits[wait]
                if timer is not None:
                    timer.cancel()
        missing = frozenset(filter(is_missing, streams := wanted()))
        return Readiness(streams - missing, missing)

    def progressed(self) -> None:
        """Streams may have been confirmed or withdrawn: wake those who wait for nothing more."""
        for wait, over in self._waits.items():
            if not over.done() and wait.is_over():
                over.set_result(None)

    def end(self) -> None:
        """Nothing will be confirmed any more: wake all, and let nobody wait from now on."""
        self._ended = True
        for over in self._waits.values():
            _set(over)


class _Wait:
    """One who waits, and the stream that it watches."""

    def __init__(
        self, wanted: Callable[[], frozenset[Stream]], is_missing: Callable[[Stream], bool]
    ) -> None:
        self._wanted = wanted
        self._is_missing = is_missing
        self._watched: Stream | None = None
        self._left: Iterator[Stream] = iter(())

    def is_over(self) -> bool:
        """Whether nothing is missing now."""
        if self._watched is not None and self._is_missing(self._watched):
            return False
        self._watched = next(filter(self._is_missing, self._left), None)
        if self._watched is None:
            # Those passed by may have been lost since, and others may be wanted.
            self._left = iter(self._wanted())
            self._watched = next(filter(self._is_missing, self._left), None)
        return self._watched is None


def _set(over: asyncio.Future[None]) -> None:
    if not over.done():
        over.set_result(None)
