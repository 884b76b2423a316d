"""The frames of a run, made by the local exchange's model in virtual time: same seed, same bytes.

The books that are alone have 30 levels, as one gets them unasked. The mix has the shares of
`MIX`, books of 15 levels among them; each type in the order in which the model told it.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from random import Random
from typing import Any, NamedTuple

from tickwire.simulator.exchange import Exchange, Refusal
from tickwire.simulator.market.instruments import instruments

__all__ = ["CODES", "FORMATS", "KINDS", "MIX", "Corpus", "Sums", "make"]

SEED = 1
MARKETS = 30
FORMATS = ("DEFAULT", "SIMPLE")
KINDS = ("ticker", "trade", "orderbook", "mix")

MIX = {"orderbook": 45, "trade": 30, "ticker": 23, "candle.1s": 2}
"""Shares in percent. The real feed's were not measured."""

CODES = tuple(one.code for one in instruments(MARKETS))

_START_NS = 1_790_000_000_000_000_000
_STEP_NS = 100_000_000
# Trades come by the thousand only in a busy market; its books would move many levels at a time.
_BUSY, _CALM = 20.0, 1.0

# Long and short names of the two numbers that are read of each type, sizes as text.
_NUMBERS = {
    "ticker": (("trade_timestamp", "trade_price"), ("ttms", "tp")),
    "trade": (("trade_price", "trade_volume"), ("tp", "tv")),
    "candle.1s": (("trade_price", "candle_acc_trade_volume"), ("tp", "catv")),
}


class Sums(NamedTuple):
    """How many events of a type, and the sums of the two numbers read of each."""

    events: int
    first: Decimal
    second: Decimal


class Corpus(NamedTuple):
    """Payloads in their order."""

    kind: str
    format: str
    payloads: tuple[bytes, ...]

    @property
    def mean_bytes(self) -> float:
        return sum(map(len, self.payloads)) / len(self.payloads)

    def sums(self, events: int) -> dict[str, Sums]:
        """What a reader of the first so many events must have read, by type."""
        sums: dict[str, Sums] = {}
        for payload in islice(self.payloads, events):
            kind, first, second = _numbers(payload)
            before = sums.get(kind, Sums(0, Decimal(0), Decimal(0)))
            sums[kind] = Sums(before.events + 1, before.first + first, before.second + second)
        return sums


def make(events: dict[str, int], formats: Sequence[str] = FORMATS) -> dict[tuple[str, str], Corpus]:
    """So many events of each kind, by kind and format."""
    made: dict[tuple[str, str], Corpus] = {}
    mixed = events.get("mix", 0)
    needed = {kind: events.get(kind, 0) for kind in ("ticker", "trade", "orderbook")}
    short_books = mixed * MIX["orderbook"] // 100 + 1
    for kind in ("ticker", "trade"):
        needed[kind] = max(needed[kind], mixed * MIX[kind] // 100 + 1)
    for form in formats:
        told = {
            **_tell(form, _BUSY, {"ticker": needed["ticker"], "trade": needed["trade"]}),
            **_tell(form, _CALM, {"orderbook": needed["orderbook"]}),
        }
        for kind in needed:
            if kind in events:
                made[kind, form] = Corpus(kind, form, tuple(told[kind][: events[kind]]))
        if mixed:
            parts = {
                **told,
                **_tell(form, _CALM, {"orderbook": short_books}, levels=15),
                **_tell(form, _CALM, {"candle.1s": mixed * MIX["candle.1s"] // 100 + 1}),
            }
            made["mix", form] = Corpus("mix", form, tuple(_mixed(parts, mixed)))
    return made


def _tell(
    form: str, rate: float, wanted: dict[str, int], *, levels: int = 30
) -> dict[str, list[bytes]]:
    """What the model tells of some types until there is enough of each; snapshots come first."""
    now_ns = _START_NS
    exchange = Exchange(instruments(MARKETS, rate), seed=SEED, now_ns=now_ns)
    found: dict[str, list[bytes]] = {}
    for kind, count in wanted.items():
        session = exchange.connect(kind, now_ns)
        assert not isinstance(session, Refusal)
        codes = [f"{code}.{levels}" for code in CODES] if kind == "orderbook" else CODES
        wish = [{"ticket": "corpus"}, {"type": kind, "codes": codes}, {"format": form}]
        exchange.receive(session, json.dumps(wish), now_ns)
        kept = found[kind] = session.take()
        while len(kept) < count:
            now_ns += _STEP_NS
            exchange.step(now_ns)
            kept += session.take()
        exchange.disconnect(session, now_ns, 1000, "enough")
    return found


def _mixed(parts: dict[str, list[bytes]], count: int) -> Iterator[bytes]:
    """The exact shares in a random order, always the same one."""
    kinds = [kind for kind, share in MIX.items() for _ in range(count * share // 100)]
    kinds += ["orderbook"] * (count - len(kinds))
    Random(SEED).shuffle(kinds)
    sources = {kind: iter(payloads) for kind, payloads in parts.items()}
    return (next(sources[kind]) for kind in kinds)


def _numbers(payload: bytes) -> tuple[str, Decimal, Decimal]:
    """The type and the two numbers that are read of it, as the wire spells them."""
    message: dict[str, Any] = json.loads(payload, parse_float=Decimal, parse_int=Decimal)
    short = "ty" in message
    kind = message["ty" if short else "type"]
    if kind == "orderbook":
        best = message["obu" if short else "orderbook_units"][0]
        return kind, best["ap" if short else "ask_price"], best["as" if short else "ask_size"]
    first, second = _NUMBERS[kind][short]
    return kind, message[first], message[second]


def check(expected: Mapping[str, Sums], read: Mapping[str, Iterable[str]], *, exact: bool) -> None:
    """Raise `ValueError` if a reader has read anything else; floats may lose the 12th digit."""
    for kind, sums in expected.items():
        events, first, second = (Decimal(each) for each in read.get(kind, ("0", "0", "0")))
        if events != sums.events:
            raise ValueError(f"read {events} events of {kind}, not {sums.events}")
        for mine, true in ((first, sums.first), (second, sums.second)):
            if mine != true and (exact or abs(mine - true) > abs(true) * Decimal("1e-12")):
                raise ValueError(f"a sum over {kind} is {mine}, not {true}")
