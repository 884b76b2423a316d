"""One connection in memory: the client's end, the exchange's end, and what is under way."""

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from tickwire.errors import TransportError
from tickwire.simulator.wire.session import Session
from tickwire.world import Listener

if TYPE_CHECKING:
    from tests.sim.network import Network

__all__ = ["Link"]

_ABNORMAL = 1006
_TOLD_S = 0.5

_Lost = str
_Piece = list[bytes] | _Lost | None
"""What comes down together: frames, the end, or a pong."""


class Link:
    """Both ends; the client's is a `tickwire.world.Transport`."""

    def __init__(self, network: "Network", listener: Listener, session: Session) -> None:
        self.session = session
        self.is_left = False
        """Whether the client has closed it."""
        self.is_ended = False
        self._code: int | None = None
        """Whether the exchange has."""
        self.is_dead = False
        """Whether everything sent on it vanishes, and neither side has noticed."""
        self.is_snapped = False
        """Whether the client's end refuses to send, and has not said why yet."""
        self.is_open = True
        """Whether the client would send on it."""
        self._network = network
        self._listener = listener
        self._up_at = self._down_at = 0.0
        self._up_pieces: deque[Callable[[], object]] = deque()
        self._down: deque[tuple[float, _Piece]] = deque()

    def __repr__(self) -> str:
        return f"<Link {self.session.number}>"

    @property
    def is_sound(self) -> bool:
        """Whether what is sent on it arrives and is answered."""
        return not (self.is_left or self.is_ended or self.is_dead)

    # --- the client's end ---------------------------------------------------------------------

    def send_text(self, text: str) -> None:
        if not self.is_open or self.is_snapped:
            raise TransportError("the connection is closed")
        self._network.observer.sent(self, text)
        self._up(lambda: self._network.message_arrived(self, text))

    def ping(self) -> None:
        if self.is_open:
            self._up(self._ping_arrived)

    def close(self) -> None:
        if not self.is_left:
            self.is_open, self.is_left = False, True
            self._up(lambda: self.end("closed by the client", code=1000))

    def abort(self) -> None:
        self._down.clear()
        self.close()

    def _up(self, arrive: Callable[[], object]) -> None:
        network = self._network
        self._up_at = max(self._up_at, network.clock.now() + network.delay_s())

        # Timers of one moment have no order, so what arrives is taken from here.
        self._up_pieces.append(arrive)
        network.clock.call_at(self._up_at, self._next_arrived)

    def _next_arrived(self) -> None:
        arrive = self._up_pieces.popleft()
        if not (self.is_dead or self.is_ended):
            arrive()

    def _ping_arrived(self) -> None:
        self._network.model.touch(self.session, self._network.clock.wall_ns())
        self._send_down(None)

    # --- the exchange's end -------------------------------------------------------------------

    def flush(self) -> None:
        """Send what the exchange has put out; hang up if it wants that."""
        session = self.session
        if self.is_ended:
            return
        if session.outbox:
            frames = session.take()
            if not self.is_dead:
                session.active_ns = self._network.clock.wall_ns()
                self._send_down(frames)
        if session.closing is not None:
            self.end(f"closed by the server (1000, {session.closing})", code=1000)

    def end(self, reason: str, *, code: int = _ABNORMAL) -> None:
        """The exchange ends the connection: what it has sent before arrives before."""
        if not self.is_ended:
            self.is_ended = True
            self._code = None if code == _ABNORMAL else code
            self._network.gone(self, code, reason)
            self._send_down(reason)

    def vanish(self) -> None:
        """Neither side hears the other from now on, and nobody tells them."""
        self.is_dead = True
        self._network.observer.troubled(self, "half-open")

    def reset(self) -> None:
        """The connection breaks for both at once; half a message is no message."""
        if not self.is_ended:
            self._down.clear()
            self.is_ended = True
            self._network.gone(self, _ABNORMAL, "reset")
            self._lost("reset by peer")

    def snap(self) -> None:
        """The connection breaks, and whoever sends next is told before it is told by itself."""
        if not self.is_ended:
            self._down.clear()
            self.is_ended = self.is_snapped = True
            self._network.gone(self, _ABNORMAL, "snapped")
            clock = self._network.clock
            clock.call_at(clock.now() + _TOLD_S, lambda: self._lost("broken pipe"))

    def insert(self, frame: bytes) -> None:
        """Send something that the exchange's model would not."""
        if not self.is_ended:
            self._send_down([frame])

    def _send_down(self, piece: _Piece) -> None:
        if self.is_dead:
            return
        network = self._network
        at = max(self._down_at, network.clock.now() + network.delay_s())
        if at > self._down_at or not self._down:
            network.clock.call_at(at, self._arrived)
        self._down_at = at
        self._down.append((at, piece))

    def _arrived(self) -> None:
        """Everything that has arrived by now is one read."""
        now = self._network.clock.now()
        frames: list[bytes] = []
        while self._down and self._down[0][0] <= now and not self.is_dead:
            piece = self._down.popleft()[1]
            if isinstance(piece, list):
                frames += piece
                continue
            self._read(frames)
            frames = []
            if piece is None:
                self._listener.pong_received()
            else:
                self._lost(piece)
        self._read(frames)

    def _read(self, frames: list[bytes]) -> None:
        if frames:
            deliver = self._listener.frames_received
            self._network.observer.read(self, frames, lambda: deliver(frames))

    def _lost(self, reason: str) -> None:
        if self.is_open:
            self.is_open = False
            self._network.observer.lost(self, reason)
            self._listener.connection_lost(reason, self._code)
