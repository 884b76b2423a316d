"""When a message may go, and what it says; through the eyes of whoever has to send it."""

from collections.abc import Hashable

from tickwire.core.actions import Ask, Send
from tickwire.core.budget import Budget
from tickwire.core.gate import Gate
from tickwire.core.ledger import Ledger
from tickwire.core.limiter import Limit, Limiter
from tickwire.core.pending import Pending
from tickwire.core.record import Record
from tickwire.subscription import DataType, Stream

DEBOUNCE_S = 0.1
BTC, ETH = (Stream(DataType.TICKER, symbol) for symbol in ("KRW-BTC", "KRW-ETH"))


class Scene:
    """A connection's pending state with one slot a second, and what it works with."""

    def __init__(self) -> None:
        self.ledger = Ledger(lambda data_type: True)
        self.gate: Gate[Hashable] = Gate(lambda: Budget(Limiter((Limit(1, 1.0),), margin_s=0.0)))
        self.pending = Pending(
            self.ledger, self.gate, Record(), debounce_s=DEBOUNCE_S, priorities=dict
        )

    def want(self, *streams: Stream, at: float) -> None:
        self.ledger.want(streams, ())
        self.pending.changed(at)

    def sent(self, action: Send | Ask | None, at: float) -> tuple[Stream, ...]:
        assert isinstance(action, Send)
        self.ledger.sent_out(action.plan, at, first_data_s=5.0, no_objection_s=1.0)
        self.pending.sent(at)
        return action.plan.fresh


def test_the_debounce_runs_from_the_first_change() -> None:
    """Whatever comes during it goes out with it."""
    scene = Scene()
    scene.want(BTC, at=0.0)
    assert scene.pending.take(0.05) is None
    scene.want(ETH, at=0.09)
    assert scene.pending.look_at(0.09) == DEBOUNCE_S
    assert scene.sent(scene.pending.take(DEBOUNCE_S), DEBOUNCE_S) == (BTC, ETH)
    assert scene.pending.take(DEBOUNCE_S) is None
    assert scene.pending.look_at(DEBOUNCE_S) is None


def test_a_message_is_made_when_its_slot_is_there() -> None:
    """What changes while the limiter waits is in it; there is nothing to be merged."""
    scene = Scene()
    scene.want(BTC, at=0.0)
    scene.sent(scene.pending.take(0.1), 0.1)
    scene.want(ETH, at=0.2)
    assert scene.pending.take(0.5) is None
    assert scene.pending.look_at(0.5) == 1.1
    scene.ledger.want((), (BTC,))
    assert scene.sent(scene.pending.take(1.1), 1.1) == (ETH,)


def test_a_message_that_went_out_late_holds_up_the_next() -> None:
    """The machine may stop us between the slot and the wire; the exchange counts what it reads."""
    scene = Scene()
    scene.want(BTC, at=0.0)
    scene.sent(scene.pending.take(0.1), at=0.9)
    scene.want(ETH, at=1.0)
    assert scene.pending.take(1.2) is None
    assert scene.pending.look_at(1.2) == 1.9


def test_a_question_that_went_out_late_holds_up_the_next() -> None:
    """It is a message like others."""
    scene = Scene()
    scene.gate.join("somebody", 0.0)
    assert isinstance(scene.pending.take(0.0), Ask)
    scene.pending.asked(0.5)
    scene.gate.join("somebody", 0.5)
    assert scene.pending.take(1.2) is None
    assert isinstance(scene.pending.take(1.5), Ask)


def test_a_loss_leaves_no_debounce_behind() -> None:
    """What is wanted goes out as soon as there is a connection again."""
    scene = Scene()
    scene.want(BTC, at=0.0)
    scene.pending.reset()
    assert repr(scene.pending) == "<Pending 1 desired, 0 sent, 0 alive>"
    assert scene.sent(scene.pending.take(0.0), 0.0) == (BTC,)
