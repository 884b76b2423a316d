"""Who takes what of one book, while connections carry it in several depths."""

from collections.abc import Callable
from itertools import count

import pytest

from tests.harness import orderbook_frame
from tickwire.core.planner import Plan
from tickwire.delivery.component import Component
from tickwire.delivery.hub import DataProcessor
from tickwire.events import OrderbookEvent
from tickwire.exchanges.upbit import Upbit
from tickwire.subscription import DataType, Stream, Terms

BOOK = Stream(DataType.ORDERBOOK, "KRW-BTC")


class Scene:
    """Two lanes by the names A and B, and those who want a book of so many levels."""

    def __init__(self) -> None:
        self.exchange = Upbit()
        self.hub = DataProcessor(self.exchange)
        self._numbers = count(1)

    def join(self, depth: int) -> list[int]:
        """Somebody wants the book; how many levels each event has that they are given."""
        got: list[int] = []

        def hear(event: OrderbookEvent) -> None:
            got.append(len(event.orderbook_units))

        handler: Callable[[OrderbookEvent], None] = hear
        component = Component(f"wants {depth}")
        for stream, taker, _ in component.want([(BOOK, Terms(depth))], handler):
            self.hub.connect(stream, taker)
        return got

    def ask(self, lane: str, depth: int) -> None:
        """A lane begins to carry the book, and is answered."""
        self.hub.asked(lane, Plan((BOOK,), (), depths=((BOOK, depth),)), ())
        self.come(depth, "SNAPSHOT")

    def narrow(self, lane: str, depth: int) -> None:
        """A lane goes on in fewer levels."""
        self.hub.asked(lane, Plan((), (BOOK,), depths=((BOOK, depth),)), ())

    def come(self, depth: int, stream_type: str = "REALTIME") -> None:
        """The book has changed."""
        (event,) = self.exchange.classify(
            orderbook_frame("KRW-BTC", next(self._numbers), stream_type, depth).encode()
        )
        assert isinstance(event, OrderbookEvent)
        self.hub.process([event], 0, ())


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_a_newcomer_begins_with_the_deeper_book_that_is_left(scene: Scene) -> None:
    """The shallower of two connections has left it, and the other needs not ask again."""
    scene.join(1)
    scene.ask("B", 15)
    scene.ask("A", 5)
    scene.narrow("A", 1)
    scene.hub.dropped("A", [BOOK])
    late = scene.join(5)
    assert late == []
    scene.come(15)
    assert late == [5]
    assert scene.join(15) == [15]


def test_a_newcomer_waits_where_the_shallower_book_is_left(scene: Scene) -> None:
    """The last event was deep enough; those that follow are not."""
    scene.join(1)
    scene.ask("B", 1)
    scene.ask("A", 15)
    scene.hub.dropped("A", [BOOK])
    late = scene.join(5)
    scene.come(1)
    assert late == []
    scene.ask("B", 5)
    assert late == [5]


def test_what_the_lane_that_is_left_is_asked_for_is_waited_for(scene: Scene) -> None:
    """It comes in fewer levels until its answer has come."""
    scene.join(1)
    scene.ask("B", 1)
    scene.ask("A", 1)
    scene.hub.asked("B", Plan((BOOK,), (), depths=((BOOK, 15),)), ())
    scene.hub.dropped("A", [BOOK])
    late = scene.join(15)
    scene.come(1)
    assert late == []
    scene.come(15, "SNAPSHOT")
    assert late == [15]


def test_a_book_of_few_orders_is_begun_with_and_not_handed_over(scene: Scene) -> None:
    """Whether it is of the lane that has left it does not show, so each waits for the next."""
    scene.join(1)
    scene.ask("B", 15)
    scene.ask("A", 1)
    scene.hub.dropped("A", [BOOK])
    for _ in range(2):
        late = scene.join(15)
        scene.come(10)
        assert late == [10]


def test_a_lane_that_does_not_carry_a_book_cannot_leave_it(scene: Scene) -> None:
    """The other goes on."""
    early = scene.join(1)
    scene.ask("B", 1)
    scene.hub.dropped("A", [BOOK])
    scene.come(1)
    assert early == [1, 1]
