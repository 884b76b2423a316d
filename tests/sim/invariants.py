"""What must hold, each as a sentence and a function that says what is wrong, if anything.

The functions see only what crossed the wire, what components were told, and what they had asked
for; of the client's own state no more than its list of wishes.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from tests.sim.wire import Heard, Request
from tickwire.subscription import Stream, Terms

__all__ = [
    "INVARIANTS",
    "Violation",
    "asked_in_one_way",
    "asks_for_what_is_wanted",
    "attempts_respect_bans",
    "backs_off",
    "begins_at_once",
    "deaf_once_gone",
    "gets_to_the_end",
    "hangs_up",
    "goes_forward",
    "hears_what_it_asked",
    "in_order",
    "is_answered_in_time",
    "is_apart",
    "is_collected",
    "is_converged",
    "is_listed",
    "is_no_older",
    "is_refused_rightly",
    "is_the_last",
    "is_as_deep_as_wanted",
    "is_verified",
    "keeps_limits",
    "knocks_seldom",
    "misses_nothing",
    "name_of",
    "names_nothing_twice",
    "rides_along_once",
    "sees_as_if_alone",
    "sees_its_part",
    "the_dead_want_nothing",
    "wishes_stand",
]

INVARIANTS = {
    "I1": "At most 5 messages in any second and 100 in any minute of a connection, at most 5 "
    "connects in any second, as the exchange counts them; none while it blocks the address.",
    "I2": "Within a second and what the limiter takes, the exchange serves the union of all "
    "wishes, each stream once and each book in as many levels as the deepest wish, and says so; "
    "once faults stop, always. No message names a code of a type twice. When nothing is wanted any "
    "more, the connections end.",
    "I3": "A message is made when it is sent: it names what is wanted at that moment, and one "
    "does not follow another within the debounce. A one-off snapshot is asked for once.",
    "I4": "Wishes merge in any order and any number of times into the same bytes.",
    "I5": "A handler hears what it asked for, each event once and in order; once its wish is "
    "withdrawn it is not called again.",
    "I6": "A component that is collected is as one that has withdrawn its wishes.",
    "I7": "An error of the exchange changes nobody's wishes.",
    "I8": "A component sees what it would see alone, whatever options others have chosen: the "
    "grouping and the levels of a book, the snapshot, what comes after it, or both.",
    "I14": "Attempts to connect that come to nothing become rarer: at most ten in a minute until a "
    "connection has lasted, whether the exchange refuses or accepts and closes.",
    "I16": "What ends leaves no task behind, and nothing fails unnoticed.",
}

_CONNECTS = 5
_ATTEMPTS = 10

Problem = str | None
_Check = Callable[..., Problem]
_NAMES: dict[_Check, str] = {}


@dataclass(frozen=True)
class Violation:
    """Something that must not happen has happened."""

    invariant: str
    at: float
    problem: str

    def __str__(self) -> str:
        return f"{self.invariant} at {self.at:.3f} s: {self.problem}"


def _of(invariant: str) -> Callable[[_Check], _Check]:
    def enter(check: _Check) -> _Check:
        _NAMES[check] = invariant
        return check

    return enter


def name_of(check: _Check) -> str:
    """The invariant that a function watches."""
    return _NAMES[check]


@_of("I1")
def keeps_limits(totals: Mapping[str, Any]) -> Problem:
    """Judge by the referee's report of the exchange."""
    breaches = {what: count for what, count in totals["breaches"].items() if count}
    return f"{breaches}, worst windows {totals['worst_windows']}" if breaches else None


@_of("I1")
def knocks_seldom(count: int) -> Problem:
    """Judge the attempts to connect of the last second, refused or not, as they arrive."""
    return f"{count} attempts to connect within a second" if count > _CONNECTS else None


@_of("I1")
def attempts_respect_bans(now: float, told: float, until: float) -> Problem:
    """Judge an attempt to connect: told at `told`, by a 418, to wait `until`.

    Blocks are told in whole seconds, rounded up, so by whom it was told last does not matter.
    """
    if told < now < until - 1.0:
        return f"an attempt {until - now:.3f} s before the end of a block told at {told:.3f} s"
    return None


@_of("I14")
def backs_off(row: Sequence[float]) -> Problem:
    """Judge the times of attempts since a connection has lasted, or since nobody wanted one."""
    last = [at for at in row if at > row[-1] - 60.0]
    return f"{len(last)} attempts within a minute" if len(last) > _ATTEMPTS else None


@_of("I2")
def is_converged(wanted: Mapping[Stream, int], served: Sequence[Mapping[Stream, int]]) -> Problem:
    """Judge what the open connections are subscribed to, in how many levels."""
    counted = Counter(stream for streams in served for stream in streams)
    twice = [stream for stream, times in counted.items() if times > 1]
    if twice:
        return f"served twice: {_names(twice)}"
    if counted.keys() != wanted.keys():
        missing, extra = wanted.keys() - counted.keys(), counted.keys() - wanted.keys()
        return f"lost: {_names(missing)}; not wanted: {_names(extra)}"
    for stream, depth in (pair for streams in served for pair in streams.items()):
        if depth != wanted[stream]:
            return f"{stream} comes in {depth} levels and is wanted in {wanted[stream]}"
    return None


@_of("I2")
def is_verified(
    missing: Set[Stream], extra: Set[Stream], dropped: Set[Stream], perhaps: Set[Stream]
) -> Problem:
    """Judge what came of asking the exchange, which has `dropped` some of what it accepted.

    Of what was dropped or named anew meanwhile, `perhaps`, either may be told.
    """
    if dropped <= missing <= perhaps and not extra:
        return None
    return f"missing is {_names(dropped)}; told {_names(missing)}, too much {_names(extra)}"


@_of("I2")
def is_listed(listed: Set[Stream], served: Set[Stream], once: Set[Stream]) -> Problem:
    """Judge what the client says that the exchange serves; it may show what it has sent `once`."""
    if served <= listed <= served | once:
        return None
    return f"listed, not served: {_names(listed - served)}; not told: {_names(served - listed)}"


@_of("I2")
def hangs_up(unwanted_s: float, longest_s: float, sound: Sequence[object]) -> Problem:
    """Judge the connections that stand, by how long nobody has wanted anything."""
    if sound and unwanted_s > longest_s:
        return f"{sound} although nothing has been wanted for {unwanted_s:.1f} s"
    return None


@_of("I2")
def names_nothing_twice(request: Request) -> Problem:
    """Judge a message as it is sent."""
    return f"named twice: {_names(request.twice)}" if request.twice else None


@_of("I3")
def asks_for_what_is_wanted(
    request: Request,
    wanted: frozenset[Stream],
    once: frozenset[Stream],
    dying: frozenset[Stream],
    *,
    whole: bool,
) -> Problem:
    """Judge a message as it is sent; `dying` streams may be wanted still, at this very moment."""
    stale = (request.streams - wanted - dying) | (request.once - once - dying)
    lost = wanted - request.streams if whole else frozenset()
    if stale or lost:
        return f"a message names what nobody wants: {_names(stale)}; lacks: {_names(lost)}"
    return None


@_of("I3")
def is_apart(
    request: Request, now: float, before: Request | None, sent: float, debounce_s: float
) -> Problem:
    """Judge a message by the one before it on the same connection."""
    if before is None:
        return None
    if now - sent < debounce_s - 1e-6:
        return f"two messages within {now - sent:.3f} s"
    says_more = request.fresh or request.once or request.depths != before.depths
    if before.streams == request.streams and not says_more:
        return "a message that says nothing new"
    return None


@_of("I3")
def rides_along_once(
    stream: Stream, now: float, asked: float, wished: float, longest_s: float
) -> Problem:
    """Judge a question for a snapshot: when it was asked before, and last wished for."""
    if wished <= asked and now - asked < longest_s:
        return f"a snapshot of {stream} is asked for again after {now - asked:.3f} s"
    return None


@_of("I4")
def asked_in_one_way(request: Request, again: str) -> Problem:
    """Judge a message by the text that the same wishes give in another order."""
    return None if request.text == again else f"{request.text} is {again} in another order"


@_of("I5")
def deaf_once_gone(component_id: str, stream: Stream, *, is_gone: bool) -> Problem:
    """Judge a call of a handler."""
    return f"{component_id} is gone and was given {stream}" if is_gone else None


@_of("I5")
def hears_what_it_asked(component_id: str, stream: Stream, wanted: Collection[Stream]) -> Problem:
    """Judge a call of a handler."""
    return None if stream in wanted else f"{component_id} was given {stream}"


@_of("I5")
def misses_nothing(
    component_id: str, expected: Sequence[Heard], got: Sequence[tuple[Stream, str]]
) -> Problem:
    """Judge what one read of a socket has brought to a component."""
    if [(each.stream, each.raw) for each in expected] == got:
        return None
    due = [str(each.stream) for each in expected]
    return f"{component_id} should have had {due} and had {[str(s) for s, _ in got]}"


@_of("I5")
def in_order(component_id: str, stream: Stream, place: int, due: int, missed: int) -> Problem:
    """Judge an event that waited in an inbox: its place among those that came, from 0."""
    if place < due or missed:
        return f"{component_id}: event {place} of {stream} where {due} was due, {missed} missed"
    return None


@_of("I5")
def goes_forward(component_id: str, stream: Stream, at: int, before: int) -> Problem:
    """Judge a book by its time, and that of the one that the component was given before."""
    if at < before:
        return f"{component_id} was given {stream} as it was {before - at} ms before the last one"
    return None


@_of("I5")
def gets_to_the_end(component_id: str, stream: Stream, left: int) -> Problem:
    """Judge what a component has not been given although it has had the time."""
    return f"{component_id} was not given the last {left} of {stream}" if left else None


@_of("I5")
def is_the_last(component_id: str, stream: Stream, got: str, last: Collection[str]) -> Problem:
    """Judge what a newcomer is handed over, by what came last on each connection."""
    return None if got in last else f"{component_id} was handed {got} of {stream}, not {last}"


@_of("I6")
def is_collected(component_id: str, waited_s: float, longest_s: float) -> Problem:
    """Judge a component to which nobody refers any more."""
    if waited_s > longest_s:
        return f"{component_id} was let go {waited_s:.1f} s ago and is still held"
    return None


@_of("I6")
def the_dead_want_nothing(component_id: str, wishes: Collection[Stream]) -> Problem:
    """Judge the wishes under the id of a component that is no more."""
    return f"{component_id} is no more and wants {_names(wishes)}" if wishes else None


@_of("I7")
def wishes_stand(component_id: str, kept: Collection[Stream], asked: Collection[Stream]) -> Problem:
    """Judge the wishes that the client keeps for a component, after errors above all."""
    if set(kept) == set(asked):
        return None
    return f"{component_id} asked for {_names(asked)}; kept is {_names(kept)}"


@_of("I8")
def sees_as_if_alone(
    component_id: str, stream: Stream, wanted: Collection[Stream], got: bool
) -> Problem:
    """Judge a grouped order book, or the lack of one, by who wants it in which grouping."""
    if got and stream not in wanted:
        return f"{component_id} was given {stream}, which is how others want it"
    if not got and stream in wanted:
        return f"{component_id} was not given {stream}, as it wants it grouped"
    return None


@_of("I8")
def is_as_deep_as_wanted(
    component_id: str, stream: Stream, depth: int, got: Sequence[object], came: Sequence[object]
) -> Problem:
    """Judge the levels of a book that a component is given, by those that came."""
    if list(got) != list(came[:depth]) or len(came) < depth:
        return f"{component_id} wants {depth} levels of {stream} and has {len(got)} of {len(came)}"
    return None


@_of("I8")
def begins_at_once(component_id: str, stream: Stream, *, got: bool) -> Problem:
    """Judge what a component was told at once of a stream that flows already."""
    return None if got else f"{component_id} was not told how {stream} stands"


@_of("I2")
def is_answered_in_time(streams: Iterable[Stream], waited_s: float, longest_s: float) -> Problem:
    """Judge a snapshot that has not come."""
    return f"no snapshot of {_names(streams)} for {waited_s} s" if waited_s >= longest_s else None


@_of("I7")
def is_refused_rightly(unknown: Sequence[str], reason: str) -> Problem:
    """Judge a snapshot that was refused, by the markets asked for that there are not."""
    return None if any(code in reason for code in unknown) else f"refused with {reason!r}"


@_of("I8")
def is_no_older(component_id: str, stream: Stream, got: int, known: int) -> Problem:
    """Judge the time of a snapshot by that of the last event before it was asked for."""
    if got < known:
        return f"{component_id} was given {stream} as it was {known - got} ms before the call"
    return None


@_of("I8")
def sees_its_part(
    component_id: str, stream: Stream, terms: Terms, *, is_snapshot: bool, is_handed_over: bool
) -> Problem:
    """Judge an event by the part of the stream that is wanted."""
    if terms.is_only_realtime and (is_snapshot or is_handed_over):
        return f"{component_id} wants no state of {stream} to begin with, and is given one"
    if terms.is_only_snapshot and not (is_snapshot or is_handed_over):
        return f"{component_id} wants no more than a snapshot of {stream}, and is given more"
    return None


def _names(streams: Iterable[Stream]) -> str:
    return ", ".join(map(str, sorted(streams))) or "nothing"
