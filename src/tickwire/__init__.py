"""tickwire: every tick your program wants from Upbit, over one wire."""

from tickwire.client import WebSocketClient
from tickwire.control import ControlEvent, Gap, Lagged, Reconnecting, Refused, Rejected, Restored
from tickwire.core.connection import Timing
from tickwire.core.interest import SubscriptionManager
from tickwire.delivery.hub import DataProcessor
from tickwire.errors import (
    ExchangeError,
    HandshakeRefused,
    ProtocolError,
    SlowConsumer,
    TickwireError,
    TransportError,
    UsageError,
)
from tickwire.events import (
    BaseWebSocketEvent,
    BookLevel,
    CandleEvent,
    OrderbookEvent,
    OrderbookUnit,
    TickerEvent,
    TradeEvent,
)
from tickwire.manager import Readiness, WebSocketManager
from tickwire.shared import get_global_websocket_manager
from tickwire.subscription import DataType, Stream, SubscriptionSpec

__all__ = [
    "BaseWebSocketEvent",
    "BookLevel",
    "CandleEvent",
    "ControlEvent",
    "DataProcessor",
    "DataType",
    "ExchangeError",
    "Gap",
    "HandshakeRefused",
    "Lagged",
    "OrderbookEvent",
    "OrderbookUnit",
    "ProtocolError",
    "Readiness",
    "Reconnecting",
    "Refused",
    "Rejected",
    "Restored",
    "SlowConsumer",
    "Stream",
    "SubscriptionManager",
    "SubscriptionSpec",
    "TickerEvent",
    "TickwireError",
    "Timing",
    "TradeEvent",
    "TransportError",
    "UsageError",
    "WebSocketClient",
    "WebSocketManager",
    "get_global_websocket_manager",
]
