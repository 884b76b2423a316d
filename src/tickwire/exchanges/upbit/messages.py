"""Upbit's messages: what a frame is, and the event in it.

Each of the two vocabularies comes alone (DEFAULT, SIMPLE) or wrapped in an array (JSON_LIST,
SIMPLE_LIST). Which one a frame speaks is read from the frame itself, so a connection whose format
changes under way goes on without a seam.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import Meta, Raw

from tickwire.core.exchange import Listed, Other, Refusal, Status
from tickwire.events import (
    AnnouncementEvent,
    BaseWebSocketEvent,
    CandleEvent,
    IndicatorEvent,
    IndicatorSignalEvent,
    MyAssetEvent,
    MyOrderEvent,
    OrderbookEvent,
    RawEvent,
    TickerEvent,
    TradeEvent,
)
from tickwire.exchanges.upbit import listings
from tickwire.exchanges.upbit.addresses import address_of
from tickwire.exchanges.upbit.heads import Head, Heads, head_of
from tickwire.exchanges.upbit.layouts import UpbitLayout
from tickwire.exchanges.upbit.literals import guarded
from tickwire.hot import Source
from tickwire.subscription import DataType, Stream

__all__ = ["Messages", "levels", "markets"]

_EVENTS: dict[str, type[BaseWebSocketEvent]] = {
    DataType.TICKER: TickerEvent,
    DataType.TRADE: TradeEvent,
    DataType.ORDERBOOK: OrderbookEvent,
    **{data_type: CandleEvent for data_type in DataType if data_type.is_candle},
    DataType.MY_ORDER: MyOrderEvent,
    DataType.MY_ASSET: MyAssetEvent,
    DataType.ANNOUNCEMENT: AnnouncementEvent,
    DataType.INDICATOR: IndicatorEvent,
    DataType.INDICATOR_SIGNAL: IndicatorSignalEvent,
}

_LAYOUTS = {
    short: {
        kind: layout
        for event in set(_EVENTS.values())
        for layout in [UpbitLayout(event, short=short)]
        for kind, each in _EVENTS.items()
        if each is event
    }
    for short in (False, True)
}
_RAW_LAYOUTS = {short: UpbitLayout(RawEvent, short=short) for short in (False, True)}


class _Error(msgspec.Struct):
    name: str | int = ""
    message: str = ""


class _Notice(msgspec.Struct):
    """A message without a type."""

    error: _Error | None = None
    status: str = ""
    method: str = ""
    mthd: str = ""


_notice = msgspec.json.Decoder(_Notice).decode
_elements = msgspec.json.Decoder(list[Raw]).decode


class Messages:
    """Tells what frames hold, and remembers how messages begin."""

    def __init__(self) -> None:
        self._heads = Heads()
        self.recognise = self._heads.recognise

    def classify(
        self, frame: bytes
    ) -> Sequence[BaseWebSocketEvent | Refusal | Status | Listed | Other]:
        """What a frame holds, one entry for each message in it; raises `ProtocolError`."""
        if frame.lstrip()[:1] == b"[":
            bodies = map(bytes, guarded(_elements, frame))
            return [self.recognise(body) or self._classify_one(body) for body in bodies]
        return (self._classify_one(frame),)

    def _classify_one(self, body: bytes) -> BaseWebSocketEvent | Refusal | Status | Listed | Other:
        head = head_of(body)
        if head.kind in _EVENTS:
            return self._event(head, body)
        if head.kind:
            return Other(head.kind, body, _raw_event(head, body))
        notice: _Notice = guarded(_notice, body)
        if notice.error is not None:
            return Refusal(str(notice.error.name), notice.error.message)
        if notice.status:
            return Status(notice.status)
        method = notice.method or notice.mthd
        return listings.listed(body) if method == listings.METHOD else Other(method, body)

    def _event(self, head: Head, body: bytes) -> BaseWebSocketEvent:
        kind = DataType(head.kind)
        layout = _LAYOUTS[head.is_short][kind]
        address = address_of(kind, head, body)
        if address is not None:
            return _EVENTS[kind]._of(Source(layout, *address), body)
        level = head.grouping if kind is DataType.ORDERBOOK else None
        stream = Stream(kind, head.symbol) if level is None else Stream(kind, head.symbol, level)
        source = Source(layout, stream)
        self._heads.learn(body, source)
        return _EVENTS[kind]._of(source, body)


def _raw_event(head: Head, body: bytes) -> RawEvent:
    """A message of an unknown type: for those who asked for its symbol, and for all of the type."""
    wider = (Stream(head.kind),) if head.symbol else ()
    source = Source(_RAW_LAYOUTS[head.is_short], Stream(head.kind, head.symbol), wider)
    return RawEvent._of(source, body)


class _Market(msgspec.Struct):
    market: str


_Level = Annotated[str, Meta(pattern=r"^[0-9]{1,12}(\.[0-9]{1,12})?$")]


class _Instrument(_Market):
    supported_levels: list[_Level]


_markets = msgspec.json.Decoder(list[_Market]).decode
_instruments = msgspec.json.Decoder(list[_Instrument]).decode


def markets(body: bytes) -> tuple[str, ...]:
    """The codes in an answer of `/v1/market/all`; raises `ProtocolError`."""
    return tuple(each.market for each in guarded(_markets, body))


def levels(body: bytes) -> dict[str, tuple[Decimal, ...]]:
    """By code the levels in an answer of `/v1/orderbook/instruments`; raises `ProtocolError`."""
    instruments: list[_Instrument] = guarded(_instruments, body)
    return {each.market: tuple(map(Decimal, each.supported_levels)) for each in instruments}
