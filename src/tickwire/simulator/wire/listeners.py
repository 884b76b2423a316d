"""Who hears which notices: connections and their wishes for what is told once."""

from collections.abc import Iterable, Iterator

from tickwire.simulator.wire.notice import Notice
from tickwire.simulator.wire.request import MarketWish, Wish
from tickwire.simulator.wire.session import Session

__all__ = ["Listeners"]


class Listeners:
    """The wishes of all connections for something else than public streams."""

    def __init__(self) -> None:
        self._wishes: dict[Session, tuple[Wish, ...]] = {}

    def replace(self, session: Session, wishes: Iterable[Wish]) -> bool:
        """From now on these wishes and none of those before; says whether there are or were any."""
        before = self._wishes.pop(session, ())
        heard = tuple(wish for wish in wishes if not isinstance(wish, MarketWish))
        if heard:
            self._wishes[session] = heard
        return bool(before or heard)

    def wishes(self) -> Iterator[Wish]:
        """Those of all connections."""
        return (wish for wishes in self._wishes.values() for wish in wishes)

    def tell(self, notices: Iterable[Notice]) -> None:
        """Each connection hears a notice once, whichever of its wishes it answers."""
        for notice in notices:
            for session, wishes in self._wishes.items():
                for wish in wishes:
                    frame = notice.frame_for(wish, session.account, session.format)
                    if frame is not None:
                        session.outbox.append(frame)
                        break
