"""Flaps: wishes that come and go a thousand times a minute, beside streams that stay.

    python -m benchmarks.flaps --minutes 10 --rate 1000

A flap is a wish that is stated and a little later withdrawn, so it is two changes. Forty components
share one connection and flap over 100 markets and three types, after a seed; five others want the
same five markets all the time. The local exchange runs beside it with the true limits. Whether the
streams that stayed were interrupted is judged against a witness: a bare connection that has asked
for the same streams once. At the end some flaps are left standing, and three must agree on the
union: the wishes counted here, the last message on the wire, and what the exchange says it serves.
"""

import argparse
import asyncio
import json
import random
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import chain
from math import inf
from typing import Any, NamedTuple, TypeVar

import aiohttp

from benchmarks.processes import fetched, local_exchange
from tickwire import (
    BaseWebSocketEvent,
    ControlEvent,
    DataType,
    RateLimitTimeout,
    Readiness,
    Stream,
    SubscriptionSpec,
    Verification,
    WebSocketClient,
    WebSocketManager,
)
from tickwire.statistics import ManagerStatistics

MARKETS = 100
FLAPPING = 40
STAYING = 5
TYPES = (DataType.TICKER, DataType.TRADE, DataType.ORDERBOOK)
LONGEST_S = 2.0
"""How long a wish stands at most."""
SILENCE_ALLOWED_S = 1.0
"""How much longer than for the witness a stream may be silent; both are read by this process."""
UNDER_WAY_S = 1.0
"""How long what one reader has heard may still be on its way to the other."""
SETTLED_WITHIN_S = 90.0
"""A last change may have to wait for the window of a minute, and a quiet market for its data."""
PROGRESS_S = 30.0

T = TypeVar("T")


class Frame(NamedTuple):
    """A hash of a message in real time, and when it was heard."""

    text: int
    at: float


@dataclass
class Heard:
    """What one reader has heard of some streams, in order."""

    frames: dict[Stream, list[Frame]] = field(default_factory=lambda: defaultdict(list))
    snapshots: dict[Stream, int] = field(default_factory=lambda: defaultdict(int))
    silence_s: dict[Stream, float] = field(default_factory=lambda: defaultdict(float))
    control: list[ControlEvent] = field(default_factory=list)
    first: dict[Stream, float] = field(default_factory=dict)
    ended: float = inf
    _last: dict[Stream, float] = field(default_factory=dict)

    def hear(self, stream: Stream, raw: str, *, is_snapshot: bool, now: float) -> None:
        self.first.setdefault(stream, now)
        self._not_silent(stream, now)
        if is_snapshot:
            self.snapshots[stream] += 1
        else:
            self.frames[stream].append(Frame(hash(raw), now))

    def end(self, now: float) -> None:
        """Nobody listens any more: a silence that nothing has ended since is one as well."""
        self.ended = now
        for stream in self.first:
            self._not_silent(stream, now)

    def _not_silent(self, stream: Stream, now: float) -> None:
        silence_s = now - self._last.get(stream, now)
        self.silence_s[stream] = max(self.silence_s[stream], silence_s)
        self._last[stream] = now


class Staying:
    """A component whose wishes never change."""

    def __init__(self) -> None:
        self.heard = Heard()

    def handle_events(self, events: list[BaseWebSocketEvent]) -> None:
        now = time.monotonic()
        for event in events:
            stream = Stream(DataType(event.type), str(event.symbol))
            self.heard.hear(stream, event.raw, is_snapshot=event.is_snapshot, now=now)

    def handle_control(self, event: ControlEvent) -> None:
        self.heard.control.append(event)


@asynccontextmanager
async def witnessed(address: str, streams: list[Stream]) -> AsyncIterator[Heard]:
    """Somebody who asks for these streams once, by another library than ours, and only listens."""
    heard = Heard()
    codes = sorted({stream.symbol for stream in streams})
    request = [{"ticket": "witness"}, *({"type": kind, "codes": codes} for kind in TYPES)]
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"http://{address}/websocket/v1", autoping=True, heartbeat=20) as socket,
    ):
        await socket.send_str(json.dumps(request))

        async def listen() -> None:
            async for message in socket:
                said = json.loads(message.data)
                stream = Stream(DataType(said["type"]), said["code"])
                heard.hear(
                    stream,
                    message.data.decode(),
                    is_snapshot=said["stream_type"] == "SNAPSHOT",
                    now=time.monotonic(),
                )

        listening = asyncio.create_task(listen())
        try:
            yield heard
        finally:
            listening.cancel()


class Flapping:
    """The components that come and go, and what they want by our own count."""

    def __init__(self, clients: list[WebSocketClient], codes: list[str], seed: int) -> None:
        self.flaps = self.changes = 0
        self._wanted: dict[str, set[Stream]] = defaultdict(set)
        self._clients = clients
        self._codes = codes
        self._random = random.Random(seed)
        self._standing: set[asyncio.Task[None]] = set()

    @property
    def union(self) -> set[Stream]:
        return set(chain.from_iterable(self._wanted.values()))

    def begin(self) -> None:
        """One more flap, which ends by itself."""
        self.flaps += 1
        draw = self._random
        client, kind = draw.choice(self._clients), draw.choice(TYPES)
        codes = draw.sample(self._codes, draw.randint(1, 5))
        stands_s = draw.uniform(0.0, LONGEST_S)
        standing = asyncio.create_task(self._flap(client, kind, codes, stands_s))
        self._standing.add(standing)
        standing.add_done_callback(self._standing.discard)

    async def _flap(
        self, client: WebSocketClient, kind: DataType, codes: list[str], stands_s: float
    ) -> None:
        streams = {Stream(kind, code) for code in codes}
        wanted = self._wanted[client.component_id]
        await client.subscribe(SubscriptionSpec(kind, codes), _ignore)
        wanted |= streams
        self.changes += 1
        await asyncio.sleep(stands_s)
        await client.unsubscribe(kind, codes)
        wanted -= streams
        self.changes += 1

    def freeze(self) -> None:
        """Leave standing what stands."""
        for standing in tuple(self._standing):
            standing.cancel()


def _ignore(event: BaseWebSocketEvent) -> None:
    """What comes to those who flap is not looked at."""


@dataclass
class Outcome:
    """What is known when everything is quiet again."""

    flapping: Flapping
    stayed: list[Stream]
    heard: list[Heard]
    witness: Heard
    flapped_s: float
    settled_s: float
    readiness: Readiness
    verification: Verification
    listed: frozenset[Stream]
    figures: ManagerStatistics
    referee: dict[str, Any]

    @property
    def union(self) -> set[Stream]:
        return self.flapping.union | set(self.stayed)

    @property
    def breaches(self) -> int:
        return sum(self.referee["totals"]["breaches"].values())

    def faults(self, flaps_wanted: float) -> dict[str, Any]:
        """What is not as it must be, by name."""
        # The last, should there have been more than one.
        ours = [c for c in self.referee["connections"] if "witness" not in str(c["messages"])][-1]
        texts = [each["text"] for each in ours["messages"]]
        last = next(text for text in reversed(texts) if "LIST_SUBSCRIPTIONS" not in text)
        each_stayed = [(stream, heard) for heard in self.heard for stream in self.stayed]
        faults = {
            "fewer flaps than asked for": self.flapping.flaps < flaps_wanted,
            "a breach of the limits": self.breaches,
            "more than one connection": self.referee["totals"]["connects"] != 2,
            "missing at the end": self.readiness.missing,
            "the last message is not the union": named(json.loads(last)) ^ self.union,
            "what the referee holds is not the union": named(ours["subscription"]) ^ self.union,
            "what the exchange lists is not the union": self.listed ^ self.union,
            "not verified": self.verification.missing | self.verification.extra,
            "told of a loss": [event for heard in self.heard for event in heard.control],
            "not one snapshot": [s for s, heard in each_stayed if heard.snapshots[s] != 1],
            "interrupted": [s for s, heard in each_stayed if interrupted(s, heard, self.witness)],
            "silent": [s for s, heard in each_stayed if is_silent(s, heard, self.witness)],
        }
        return {name: fault for name, fault in faults.items() if fault}

    def line(self) -> str:
        """All of it in figures."""
        flaps, changes = self.flapping.flaps, self.flapping.changes
        messages = self.figures.messages_sent
        minutes = self.flapped_s / 60.0
        (lane,) = self.figures.lanes
        waited, noops = lane.latency, lane.noop_flushes
        worst = self.referee["totals"]["worst_windows"]
        longest = [max(heard.silence_s.values()) for heard in (*self.heard, self.witness)]
        return (
            f"flaps: {minutes:.1f} min, {flaps} flaps ({flaps / minutes:.0f} a minute) are "
            f"{changes} changes by {FLAPPING} components in {messages} messages "
            f"({messages / minutes:.0f} a minute, {changes / messages:.1f} changes each; {noops} "
            f"times nothing was left to say; half of them {waited.percentile(50):.1f} s after "
            f"their first change, the latest {waited.max_s:.1f} s), at most "
            f"{worst['messages_1s']} in 1 s and {worst['messages_60s']} in 60 s, "
            f"{self.breaches} breaches, {self.figures.connects} connection; "
            f"{len(self.union)} streams at the end as wanted, {self.settled_s:.1f} s after the "
            f"last change; {len(self.stayed)} streams stayed with "
            f"{sum(map(len, self.heard[0].frames.values()))} events as the witness heard them, "
            f"longest silence {max(longest[:-1]):.2f} s (witness {longest[-1]:.2f} s)"
        )


async def flaps(minutes: float, rate: float, seed: int) -> int:
    async with local_exchange("--markets", str(MARKETS), "--seed", str(seed)) as address:
        listed = await asyncio.to_thread(fetched, address, "/v1/market/all")
        codes = [each["market"] for each in listed]
        stayed = [Stream(kind, code) for kind in TYPES for code in codes[:STAYING]]
        async with (
            WebSocketManager(websocket_base_url=f"ws://{address}") as manager,
            witnessed(address, stayed) as witness,
        ):
            staying = [Staying() for _ in range(STAYING)]
            specs = [SubscriptionSpec(kind, codes[:STAYING]) for kind in TYPES]
            for number, component in enumerate(staying):
                await manager.register_component(f"staying {number}", component, specs)
            await manager.ready(10.0)
            clients = [WebSocketClient(f"flapping {n}", manager=manager) for n in range(FLAPPING)]
            flapping = Flapping(clients, codes, seed)
            started = time.monotonic()
            await _flap(flapping, manager, minutes * 60.0, rate)
            flapping.freeze()
            ended = time.monotonic()
            readiness = await manager.ready(SETTLED_WITHIN_S)
            settled = time.monotonic()
            verification = await _once_there_is_room(manager.verify_subscriptions)
            (listing,) = await _once_there_is_room(manager.list_subscriptions)
            heard = [component.heard for component in staying]
            listened = time.monotonic()
            for each in (*heard, witness):
                each.end(listened)
            outcome = Outcome(
                flapping,
                stayed,
                heard,
                witness,
                ended - started,
                settled - ended,
                readiness,
                verification,
                listing.streams,
                manager.statistics(),
                await asyncio.to_thread(fetched, address, "/sim/stats"),
            )
            for client in clients:
                await client.disconnect()
    faults = outcome.faults(int(rate * minutes))
    for name, fault in faults.items():
        print(f"{name}: {str(fault)[:300]}")
    print(f"{outcome.line()}: {'NOT OK' if faults else 'ok'}")
    return 1 if faults else 0


async def _once_there_is_room(question: Callable[[], Awaitable[T]]) -> T:
    """The answer to a question that waits until the limits leave room for it."""
    while True:
        try:
            return await question()
        except RateLimitTimeout:
            print("the minute is used up; waiting for room to ask", flush=True)


async def _flap(flapping: Flapping, manager: WebSocketManager, seconds: float, rate: float) -> None:
    """Begin flaps at an even pace, by the clock, so that none is left out when it is late."""
    started, told = time.monotonic(), PROGRESS_S
    while (elapsed := time.monotonic() - started) < seconds:
        while flapping.flaps < elapsed * rate / 60.0:
            flapping.begin()
        if elapsed >= told:
            told += PROGRESS_S
            messages = manager.statistics().messages_sent
            print(f"{elapsed:5.0f} s  {flapping.flaps} flaps  {messages} messages", flush=True)
        await asyncio.sleep(0.01)
    while flapping.flaps < seconds * rate / 60.0:
        flapping.begin()
        await asyncio.sleep(0.0)


def named(objects: list[dict[str, Any]]) -> set[Stream]:
    """The streams of a request, or of what the referee says is subscribed to."""
    return {
        Stream(DataType(each["type"]), code)
        for each in objects
        if "type" in each
        for code in each["codes"]
    }


def interrupted(stream: Stream, heard: Heard, witness: Heard) -> bool:
    """Whether anything is missing, doubled or out of place where both must have heard the same."""
    if missed(stream, heard, witness) or missed(stream, witness, heard):
        return True
    ours, theirs = ([frame.text for frame in each.frames[stream]] for each in (heard, witness))
    both = set(ours) & set(theirs)
    return _between(ours, both) != _between(theirs, both)


def missed(stream: Stream, heard: Heard, other: Heard) -> bool:
    """Whether one has never heard what the other had while both listened."""
    known = {frame.text for frame in heard.frames[stream]}
    missing = [frame for frame in other.frames[stream] if frame.text not in known]
    if stream not in heard.first:
        return bool(missing)
    begun, ended = heard.first[stream] + UNDER_WAY_S, heard.ended - UNDER_WAY_S
    return any(begun < frame.at < ended for frame in missing)


def _between(frames: list[int], both: set[int]) -> list[int]:
    """From the first to the last that the other has heard as well."""
    known = [index for index, frame in enumerate(frames) if frame in both]
    return frames[known[0] : known[-1] + 1] if known else []


def is_silent(stream: Stream, heard: Heard, witness: Heard) -> bool:
    return heard.silence_s[stream] > witness.silence_s[stream] + SILENCE_ALLOWED_S


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--rate", type=float, default=1000.0, help="flaps a minute")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    return asyncio.run(flaps(given.minutes, given.rate, given.seed))


if __name__ == "__main__":
    sys.exit(main())
