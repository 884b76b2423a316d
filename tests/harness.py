"""A whole client in one process, in virtual time, facing an exchange that is a Python object.

`MemoryExchange` keeps Upbit's rules of the wire: each message replaces the whole set, a code
gets a snapshot unless realtime only was asked for, and what arrives is counted in the
exchange's own rolling windows, after an ordered jitter.
"""

import json
from collections.abc import Callable
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


def orderbook_frame(symbol: str, number: int, stream_type: str = "REALTIME") -> str:
    """An order book of one level; `number` is its best ask."""
    return json.dumps(
        {
            "type": "orderbook",
            "code": symbol,
            "timestamp": 1_795_147_152_400,
            "total_ask_size": 1,
            "total_bid_size": 1,
            "orderbook_units": [
                {"ask_price": number, "bid_price": number - 1, "ask_size": 1, "bid_size": 1}
            ],
            "stream_type": stream_type,
            "level": 0,
        }
    )


FRAMES: dict[str, Callable[[str, int, str], str]] = {
    DataType.TRADE: trade_frame,
    DataType.ORDERBOOK: orderbook_frame,
}


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
        asked = [(o, Stream(DataType(o["type"]), c)) for o in objects for c in o["codes"]]
        assert len({stream for _, stream in asked}) == len(asked), "a stream was named twice"
        self.live = frozenset(stream for _, stream in asked)
        self.messages.append(self.live)
        for options, stream in asked:
            if not options.get("is_only_realtime") and stream.symbol in MARKETS:
                answer = partial(self.emit, stream, "SNAPSHOT")
                self.clock.call_at(self.clock.now() + 0.01, answer)

    def _list_subscriptions(self, ticket: str) -> None:
        """Say what is subscribed to, 10 ms later."""
        result = [{"type": each.type, "codes": [each.symbol]} for each in sorted(self.live)]
        reply = json.dumps({"method": "LIST_SUBSCRIPTIONS", "result": result, "ticket": ticket})
        self.clock.call_at(self.clock.now() + 0.01, partial(self.network.last.deliver, reply))

    def emit(self, stream: Stream, stream_type: str = "REALTIME") -> int:
        """Send data of a stream if it is live; the number in it, or 0."""
        if stream not in self.live or not self.network.last.is_open:
            return 0
        number = next(self._numbers)
        self.network.last.deliver(FRAMES[stream.type](stream.symbol, number, stream_type))
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
