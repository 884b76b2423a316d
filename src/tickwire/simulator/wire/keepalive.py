"""How a connection stays open, and when it does not.

    anything in either direction ──► 60 s begin anew ──nothing in them──► cut, no close frame
    text "PING" ──► {"status":"UP"} at the next ten-second tick of the whole server, and at each
                    one after it for the rest of the connection: so it is never silent again

Source: the websocket-guide page of docs.upbit.com (2026-08-31), which says about 120 s, and
measurements on the real wire (2026-09-23), which say about 60 s.
"""

from tickwire.simulator.wire.session import Session

__all__ = ["KeepAlive"]

_SECOND_NS = 1_000_000_000
_TICK_NS = 10 * _SECOND_NS
# Looking at every connection costs something; the real ones are cut half a second late too.
_LOOK_NS = _SECOND_NS // 2


class KeepAlive:
    """Finds the connections that have gone silent, and those that want to hear `UP`."""

    def __init__(self, now_ns: int, *, idle_timeout_s: float) -> None:
        self._idle_ns = round(idle_timeout_s * _SECOND_NS)
        self._tick = now_ns // _TICK_NS
        self._look = now_ns // _LOOK_NS
        self._open: dict[Session, None] = {}
        self._asked: dict[Session, None] = {}

    def opened(self, session: Session) -> None:
        """A connection stands."""
        self._open[session] = None

    def asked(self, session: Session) -> None:
        """It has sent a text `PING`."""
        self._asked[session] = None

    def silenced(self, session: Session) -> None:
        """It has had its last frame and is about to close."""
        self._asked.pop(session, None)

    def closed(self, session: Session) -> None:
        """It has gone."""
        self.silenced(session)
        self._open.pop(session, None)

    def ticked(self, now_ns: int) -> list[Session]:
        """The connections to be told `UP` now."""
        tick, self._tick = self._tick, now_ns // _TICK_NS
        return list(self._asked) if self._tick > tick else []

    def due_ns(self, by_ns: int) -> int:
        """When there is next something to look at, at the latest `by_ns`."""
        # A tick is a moment for a look, too.
        return min(by_ns, (self._look + 1) * _LOOK_NS) if self._open else by_ns

    def idle(self, now_ns: int) -> list[Session]:
        """The connections that nothing has passed for too long."""
        look, self._look = self._look, now_ns // _LOOK_NS
        if self._look == look:
            return []
        return [one for one in self._open if now_ns - one.active_ns >= self._idle_ns]
