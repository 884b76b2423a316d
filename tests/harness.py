"""A whole client in one process, in virtual time, facing an exchange that is a Python object.

`MemoryExchange` keeps Upbit's rules of the wire: each message replaces the whole set, a code
gets a snapshot unless realtime only was asked for, and what arrives is counted in the
exchange's own rolling windows, after an ordered jitter.
"""

import json
from functools import partial
from itertools import count
from random import Random
from typing import Any

from tickwire.errors import TransportError
from tickwire.subscription import DataType, Stream
from tickwire.testing import ManualClock, MemoryNetwork, MemoryTransport
from tickwire.world import World

MARKETS = ("KRW-BTC", "KRW-ETH", "KRW-XRP", "KRW-SOL")


def trade_frame(symbol: str, number: int, stream_type: str = "REALTIME") -> str:
    """A trade in the form of the documentation; `number` is its id and its price."""
    return json.dumps(
        {
            "type": "trade",
            "code": symbol,
            "timestamp": 1_795_147_152_470,
            "trade_date": "2026-11-20",
            "trade_time": "03:59:12",
            "trade_timestamp": 1_795_147_152_418,
            "trade_price": number,
            "trade_volume": 0.5,
            "ask_bid": "ASK",
            "prev_closing_price": 100,
            "change": "RISE",
            "change_price": 1,
            "sequential_id": number,
            "stream_type": stream_type,
        }
    )


def orderbook_frame(symbol: str, number: int, stream_type: str = "REALTIME", depth: int = 1) -> str:
    """An order book of so many levels; `number` is its best ask, and tells its time."""
    return json.dumps(
        {
            "type": "orderbook",
            "code": symbol,
            "timestamp": 1_795_147_152_400 + number,
            "total_ask_size": depth,
            "total_bid_size": depth,
            "orderbook_units": [
                {
                    "ask_price": number + i,
                    "bid_price": number - (i + 1) / 100,
                    "ask_size": 1,
                    "bid_size": 1,
                }
                for i in range(depth)
            ],
            "stream_type": stream_type,
            "level": 0,
        }
    )


def frame(stream: Stream, number: int, stream_type: str, depth: int) -> str:
    """Data of a stream."""
    if stream.type == DataType.ORDERBOOK:
        return orderbook_frame(stream.symbol, number, stream_type, depth)
    return trade_frame(stream.symbol, number, stream_type)


class MemoryExchange:
    """The other end of a `MemoryNetwork`, with Upbit's rules and a referee's memory."""

    def __init__(self, clock: ManualClock, network: MemoryNetwork, seed: int = 0) -> None:
        self.clock = clock
        self.network = network
        self.jitter = Random(seed)
        self.arrivals: list[list[float]] = []
        self.connects: list[float] = []
        self.messages: list[frozenset[Stream]] = []
        self.live: frozenset[Stream] = frozenset()
        self.once: list[frozenset[Stream]] = []
        """Of what each message has asked for a snapshot and nothing else."""
        self.depths: dict[Stream, int] = {}
        self._books: dict[Stream, int] = {}
        """The number of each book's last change, which a snapshot repeats."""
        self.inquiries: list[Any] = []
        self.answers_inquiries = True
        self.refuse_next: str | None = None
        self._numbers = count(1)
        network.opened = self._opened

    def _opened(self, transport: MemoryTransport) -> None:
        self.connects.append(self.clock.now())
        self.arrivals.append([])
        self.live = frozenset()
        transport.received = self._received

    def _received(self, text: str) -> None:
        arrivals = self.arrivals[-1]
        arrival = self.clock.now() + self.jitter.uniform(0.0, 0.15)
        arrivals.append(max(arrival, arrivals[-1]) if arrivals else arrival)
        if self.refuse_next is not None:
            name, self.refuse_next = self.refuse_next, None
            transport = self.network.last
            transport.deliver(json.dumps({"error": {"name": name, "message": "no"}}))
            transport.lose("closed by the server (1000)")
            raise TransportError("the connection is closed")
        elements = json.loads(text)
        if any("method" in each for each in elements):
            self.inquiries.append(elements)
            if self.answers_inquiries:
                self._list_subscriptions(elements[0]["ticket"])
            return
        objects = [each for each in elements if "type" in each]
        asked = [(o, *c.split(".")) for o in objects for c in o["codes"]]
        named = [(o, Stream(DataType(o["type"]), code), *depth) for o, code, *depth in asked]
        self.depths = {stream: int(depth[0]) if depth else 30 for _, stream, *depth in named}
        assert len(self.depths) == len(named), "a stream was named twice"
        self.once.append(frozenset(s for o, s, *_ in named if o.get("is_only_snapshot")))
        self.live = frozenset(self.depths) - self.once[-1]
        self.messages.append(self.live)
        for options, stream, *_ in named:
            if not options.get("is_only_realtime") and stream.symbol in MARKETS:
                answer = partial(self._tell, stream, "SNAPSHOT", self.depths[stream])
                self.clock.call_at(self.clock.now() + 0.01, answer)

    def _list_subscriptions(self, ticket: str) -> None:
        """Say what is subscribed to, 10 ms later."""
        result = [{"type": each.type, "codes": [each.symbol]} for each in sorted(self.live)]
        reply = json.dumps({"method": "LIST_SUBSCRIPTIONS", "result": result, "ticket": ticket})
        self.clock.call_at(self.clock.now() + 0.01, partial(self.network.last.deliver, reply))

    def emit(self, stream: Stream) -> int:
        """Send data of a stream if it is live; the number in it, or 0."""
        return self._tell(stream, "REALTIME", self.depths[stream]) if stream in self.live else 0

    def _tell(self, stream: Stream, stream_type: str, depth: int) -> int:
        if not self.network.last.is_open:
            return 0
        number = self._books.get(stream, 0) if stream_type == "SNAPSHOT" else 0
        number = number or next(self._numbers)
        if stream.type == DataType.ORDERBOOK:
            self._books[stream] = number
        self.network.last.deliver(frame(stream, number, stream_type, depth))
        return number

    @property
    def is_connected(self) -> bool:
        """Whether a client holds a connection."""
        return bool(self.network.transports) and self.network.last.is_open


def virtual_world(clock: ManualClock, network: MemoryNetwork, seed: int = 0) -> World:
    """A world without a real clock, chance or network."""
    numbers = count(1)

    async def fetch(url: str) -> bytes:
        return json.dumps([{"market": code} for code in MARKETS]).encode()

    return World(
        clock=clock,
        random=Random(seed),
        new_uuid=lambda: f"ticket-{next(numbers)}",
        connect=network.connect,
        fetch=fetch,
    )
