"""What one can hear: data, as typed events.

An event is a view of the message it came in. The message is decoded when the first of its fields
is read, a number made when that number is read: a `Decimal` of the wire's own text, so nothing is
rounded and nobody pays for what is never looked at. Events are immutable and shared by all
components that asked.

Reading an event whose message turns out to be no such event raises `ProtocolError`. The first
message of each stream on a connection, every trade, and whatever is no market data is decoded
before it is delivered.

Attributes carry Upbit's long names, with `symbol` for its `code`. Prices are in the quote
currency, sizes in the base currency, times are milliseconds since 1970 UTC as on the wire;
`received_time_ns` is ours, in nanoseconds. Source of the field lists: the reference pages of
docs.upbit.com for each type, read 2026-09. What becomes of the data is told in `tickwire.control`.
"""

from tickwire.events.account import Asset, MyAssetEvent, MyOrderEvent
from tickwire.events.announcement import AnnouncementEvent
from tickwire.events.base import BaseWebSocketEvent, EventLayout, Part
from tickwire.events.indicator import IndicatorEvent, IndicatorSignalEvent
from tickwire.events.market import CandleEvent, TickerEvent, TradeEvent
from tickwire.events.orderbook import BookLevel, OrderbookEvent, OrderbookUnit
from tickwire.events.raw import RawEvent

__all__ = [
    "AnnouncementEvent",
    "Asset",
    "BaseWebSocketEvent",
    "BookLevel",
    "CandleEvent",
    "EventLayout",
    "IndicatorEvent",
    "IndicatorSignalEvent",
    "MyAssetEvent",
    "MyOrderEvent",
    "OrderbookEvent",
    "OrderbookUnit",
    "Part",
    "RawEvent",
    "TickerEvent",
    "TradeEvent",
]
