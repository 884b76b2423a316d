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
        self._components: list[Component] = []
        self.handed_over: list[bool] = []
        """Of each event that somebody was given, whether it is marked as such."""

    def join(self, depth: int, *, is_only_snapshot: bool = False) -> list[int]:
        """Somebody wants the book; how many levels each event has that they are given."""
        got: list[int] = []

        def hear(event: OrderbookEvent) -> None:
            got.append(len(event.orderbook_units))
            self.handed_over.append(event.handed_over)

        handler: Callable[[OrderbookEvent], None] = hear
        component = Component(f"wants {depth}")
        terms = Terms(depth, is_only_snapshot=is_only_snapshot)
        for stream, taker, _ in component.want([(BOOK, terms)], handler):
            self.hub.connect(stream, taker)
        self._components.append(component)
        return got

    def leave(self) -> None:
        """Nobody wants the book any more."""
        for component in self._components:
            for taker in component.takers.pop(BOOK):
                self.hub.disconnect(BOOK, taker)

    def hear(self) -> list[int]:
        """Somebody wants all of the book; the number of each event that they are given."""
        got: list[int] = []

        def hear(event: OrderbookEvent) -> None:
            got.append(int(event.orderbook_units[0].ask_price))

        component = Component(f"hears {id(got)}")
        for stream, taker, _ in component.want([(BOOK, Terms())], hear):
            self.hub.connect(stream, taker)
        self._components.append(component)
        return got

    def ask(self, lane: str, depth: int) -> None:
        """A lane begins to carry the book, in place of the other, and is answered."""
        self.hub.assigned(lane, [BOOK])
        self.hub.asked(lane, Plan((BOOK,), (), depths=((BOOK, depth),)), ())
        self.come(lane, depth, "SNAPSHOT")

    def narrow(self, lane: str, depth: int) -> None:
        """A lane goes on in fewer levels."""
        self.hub.asked(lane, Plan((), (BOOK,), depths=((BOOK, depth),)), ())

    def come(
        self, lane: str, depth: int, stream_type: str = "REALTIME", number: int | None = None
    ) -> None:
        """The book has changed, for the first time since or as it was at this number."""
        number = next(self._numbers) if number is None else number
        (event,) = self.exchange.classify(
            orderbook_frame("KRW-BTC", number, stream_type, depth).encode()
        )
        assert isinstance(event, OrderbookEvent)
        self.hub.process(lane, [event], 0, ())


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
    late = scene.join(15)
    assert late == []
    scene.come("B", 15)
    assert late == [15]
    assert scene.join(15) == [15]


def test_a_newcomer_waits_where_the_shallower_book_is_left(scene: Scene) -> None:
    """The last event was deep enough; those that follow are not."""
    scene.join(1)
    scene.ask("B", 1)
    scene.ask("A", 15)
    scene.hub.dropped("A", [BOOK])
    late = scene.join(5)
    scene.come("B", 1)
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
    scene.come("B", 1)
    assert late == []
    scene.come("B", 15, "SNAPSHOT")
    assert late == [15]


def test_a_book_of_few_orders_is_as_deep_as_it_was_asked_for(scene: Scene) -> None:
    """How many levels it has says nothing of how many it may have."""
    scene.join(1)
    scene.ask("B", 15)
    scene.ask("A", 1)
    scene.hub.dropped("A", [BOOK])
    for had in ([], [10]):
        late = scene.join(15)
        assert late == had
        scene.come("B", 10)
        assert late == [*had, 10]


def test_a_lane_that_does_not_carry_a_book_cannot_leave_it(scene: Scene) -> None:
    """The other goes on."""
    early = scene.join(1)
    scene.ask("B", 1)
    scene.hub.dropped("A", [BOOK])
    scene.come("B", 1)
    assert early == [1, 1]


def test_the_old_lane_counts_until_the_new_one_begins(scene: Scene) -> None:
    """Nothing is missing between the two, nothing comes twice, and nothing from before."""
    early = scene.hear()
    scene.ask("A", 30)  # the first
    scene.hub.assigned("B", [BOOK])
    scene.come("A", 30, number=10)
    scene.hub.asked("B", Plan((BOOK,), ()), ())
    scene.come("A", 30, number=20)
    scene.come("B", 30, "SNAPSHOT", number=15)
    scene.come("A", 30, number=30)
    scene.come("B", 30, number=20)
    assert early == [1, 10, 20, 30]
    scene.come("B", 30, number=30)
    scene.come("A", 30, number=40)
    scene.come("B", 30, number=40)
    assert early == [1, 10, 20, 30, 40]
    # 15 and 20 of the new one, 40 of the old one; 30 of the new one was known.
    assert scene.hub.statistics().leftovers == 3
    assert scene.hub.statistics().duplicates == 1


def test_the_lane_that_is_left_hands_over_what_it_has_brought(scene: Scene) -> None:
    """It did not count as long as the other one did, and is the newest there is."""
    scene.hear()
    scene.ask("A", 30)
    scene.ask("B", 30)
    scene.come("A", 30, number=10)
    assert scene.hear() == [2]
    scene.hub.lost("B", [BOOK], "reset")
    assert scene.hear() == [10]


def test_the_old_lane_counts_again_if_the_new_one_is_lost(scene: Scene) -> None:
    """The stream was never interrupted, so no gap is told."""
    early = scene.hear()
    scene.ask("A", 30)
    scene.ask("B", 30)
    scene.hub.lost("B", [BOOK], "reset")
    scene.come("A", 30)
    assert early == [1, 2, 3]
    assert scene.hub.statistics().gaps == 0
    scene.hub.lost("A", [BOOK], "reset")
    scene.ask("B", 30)
    assert early == [1, 2, 3, 4]
    assert scene.hub.statistics().gaps == 1


def test_each_lane_is_answered_for_itself(scene: Scene) -> None:
    """The snapshot of one connection answers no question of the other."""
    scene.join(1)
    scene.ask("A", 1)
    scene.hub.asked("A", Plan((BOOK,), (), depths=((BOOK, 30),)), ())
    scene.hub.assigned("B", [BOOK])
    scene.hub.asked("B", Plan((BOOK,), (), depths=((BOOK, 5),)), ())
    late = scene.join(30)
    scene.come("B", 5, "SNAPSHOT")
    assert late == []
    scene.come("A", 30, "SNAPSHOT")
    assert late == [30]


def test_a_lane_that_is_too_shallow_yet_does_not_count(scene: Scene) -> None:
    """Somebody has had more of the other one, which goes on until there is as much of this one."""
    early = scene.join(15)
    scene.ask("A", 15)
    scene.hub.assigned("B", [BOOK])
    scene.hub.asked("B", Plan((BOOK,), (), depths=((BOOK, 5),)), ())
    scene.come("B", 5, "SNAPSHOT")
    scene.come("A", 15)
    scene.come("B", 5)
    assert early == [15, 15]
    scene.hub.asked("B", Plan((BOOK,), (), depths=((BOOK, 15),)), ())
    scene.hub.dropped("A", [BOOK])
    scene.come("B", 5)
    assert early == [15, 15]
    scene.come("B", 15, "SNAPSHOT")
    assert early == [15, 15, 15]


def test_the_answer_to_a_snapshot_reaches_who_asked_whatever_was_said_since(scene: Scene) -> None:
    """A message that leaves the stream out has overtaken it."""
    asker = scene.join(5, is_only_snapshot=True)
    scene.hub.asked("A", Plan((), (), once=(BOOK,), depths=((BOOK, 5),)), ())
    scene.hub.dropped("A", [BOOK])
    scene.come("A", 5, "SNAPSHOT")
    assert asker == [5]
    assert repr(scene.hub) == "<DataProcessor 0 routes, 1 events>"


def test_a_route_ends_with_the_last_that_was_to_come(scene: Scene) -> None:
    """Nobody takes it, and its connection has answered what it was asked for."""
    scene.join(1)
    scene.hub.asked("A", Plan((BOOK,), (), depths=((BOOK, 1),)), ())
    scene.leave()
    scene.hub.dropped("A", [BOOK])
    assert "1 routes" in repr(scene.hub)
    scene.come("A", 1, "SNAPSHOT")
    assert repr(scene.hub) == "<DataProcessor 0 routes, 0 events>"


def test_what_is_under_way_after_a_snapshot_may_be_less_deep(scene: Scene) -> None:
    """The book flowed in one level, was asked for once, and then to go on in five."""
    scene.join(1)
    scene.ask("A", 1)
    late = scene.join(5)
    for once in (True, False):
        streams = ((), (BOOK,)) if once else ((BOOK,), ())
        plan = Plan(streams[0], (), once=streams[1], depths=((BOOK, 5),))
        scene.hub.asked("A", plan, ())
    scene.come("A", 1)
    assert late == []
    scene.come("A", 5, "SNAPSHOT")
    scene.come("A", 5, "SNAPSHOT")
    assert late == [5]


def test_many_questions_are_answered_in_their_order(scene: Scene) -> None:
    """A line that stalls may hold dozens."""
    late = scene.join(30)
    for depth in (*[5] * 30, 30):
        scene.hub.asked("A", Plan((BOOK,), (), depths=((BOOK, depth),)), ())
    for _ in range(30):
        scene.come("A", 5, "SNAPSHOT")
    assert late == []
    scene.come("A", 30, "SNAPSHOT")
    assert late == [30]


def test_what_is_deeper_than_a_question_does_not_answer_it(scene: Scene) -> None:
    """A market was silent when it was asked for; now it flows, and somebody wants more of it."""
    early = scene.join(5)
    for _ in range(3):
        scene.hub.asked("A", Plan((BOOK,), (), depths=((BOOK, 5),)), ())
    scene.hub.asked("A", Plan((BOOK,), (), depths=((BOOK, 5),)), ())
    scene.come("A", 5)
    scene.come("A", 5, "SNAPSHOT")
    late = scene.join(30)
    scene.hub.asked("A", Plan((BOOK,), (), depths=((BOOK, 30),)), ())
    scene.come("A", 30, "SNAPSHOT")
    assert late == [30]
    assert early == [5, 5, 5]


def test_what_flows_before_a_question_once_is_no_answer_to_another(scene: Scene) -> None:
    """The book flowed in one level; it was asked for to go on in 30, then once, then to go on."""
    scene.join(1)
    scene.ask("A", 1)
    scene.hub.asked("A", Plan((BOOK,), (), depths=((BOOK, 30),)), ())
    late = scene.join(30)
    scene.hub.asked("A", Plan((), (), once=(BOOK,), depths=((BOOK, 30),)), ())
    scene.hub.asked("A", Plan((BOOK,), (), depths=((BOOK, 30),)), ())
    scene.come("A", 1)
    assert late == []
    scene.come("A", 30, "SNAPSHOT")
    assert late == [30]


def test_a_question_is_as_deep_as_it_was_when_it_was_asked(scene: Scene) -> None:
    """Less is wanted since, and its answer is on its way all the same."""
    early = scene.join(5)
    scene.hub.asked("A", Plan((BOOK,), (), depths=((BOOK, 15),)), ())
    scene.narrow("A", 5)
    scene.come("A", 15, "SNAPSHOT")
    scene.come("A", 5)
    assert early == [5, 5]


def test_who_wants_a_snapshot_waits_for_the_lane_that_was_asked(scene: Scene) -> None:
    """Another one carries the book still, and goes on."""
    scene.join(1)
    scene.ask("A", 15)
    scene.ask("B", 1)
    scene.hub.dropped("B", [BOOK])
    asker = scene.join(15, is_only_snapshot=True)
    scene.hub.asked("B", Plan((), (), once=(BOOK,), depths=((BOOK, 15),)), ())
    scene.come("A", 15)
    assert asker == []
    scene.come("B", 15, "SNAPSHOT")
    assert asker == [15]


def test_who_wants_a_snapshot_where_none_will_come_gets_what_comes(scene: Scene) -> None:
    """What came last was of a shallower connection; it is marked as handed over."""
    scene.join(1)
    scene.ask("A", 15)
    scene.ask("B", 1)
    scene.hub.dropped("B", [BOOK])
    asker = scene.join(15, is_only_snapshot=True)
    scene.come("A", 15)
    scene.come("A", 15)
    assert asker == [15]
    assert scene.handed_over.count(True) == 1


def test_a_book_that_was_asked_for_once_does_not_flow(scene: Scene) -> None:
    """What it was asked for before is answered all the same, and nothing comes after it."""
    scene.join(5)
    scene.hub.asked("A", Plan((BOOK,), (), depths=((BOOK, 5),)), ())
    scene.leave()
    asker = scene.join(15, is_only_snapshot=True)
    scene.hub.asked("A", Plan((), (), once=(BOOK,), depths=((BOOK, 15),)), ())
    scene.come("A", 5, "SNAPSHOT")
    late = scene.join(5)
    assert (asker, late) == ([], [])
    scene.come("A", 15, "SNAPSHOT")
    assert (asker, late) == ([15], [])


def test_what_came_last_is_as_deep_as_it_was(scene: Scene) -> None:
    """The book went on in one level, and its connection has left it to a deeper one."""
    scene.join(1)
    scene.ask("A", 5)
    scene.ask("B", 30)
    scene.narrow("B", 1)
    scene.come("B", 1)
    scene.hub.dropped("B", [BOOK])
    late = scene.join(5)
    assert late == []
    scene.come("A", 5)
    assert late == [5]
