"""tickwire: every tick your program wants from Upbit, over one wire."""

from tickwire.client import WebSocketClient
from tickwire.control import ControlEvent, Gap, Lagged, Reconnecting, Refused, Rejected, Restored
from tickwire.core.connection import Timing
from tickwire.core.explanation import Explanation
from tickwire.core.listing import Listing, Verification
from tickwire.core.rate_limiter import RateLimiterStatus
from tickwire.core.strategy import Strategy
from tickwire.core.subscriptions import SubscriptionManager
from tickwire.delivery.hub import DataProcessor
from tickwire.errors import (
    AuthenticationError,
    ExchangeError,
    HandshakeRefused,
    ProtocolError,
    RateLimitTimeout,
    SlowConsumer,
    TickwireError,
    TransportError,
    UsageError,
)
from tickwire.events import (
    AnnouncementEvent,
    Asset,
    BaseWebSocketEvent,
    BookLevel,
    CandleEvent,
    IndicatorEvent,
    IndicatorSignalEvent,
    MyAssetEvent,
    MyOrderEvent,
    OrderbookEvent,
    OrderbookUnit,
    RawEvent,
    TickerEvent,
    TradeEvent,
)
from tickwire.exchanges.upbit import JWTManager, WireFormat
from tickwire.history import History
from tickwire.indicators import Indicator
from tickwire.manager import WebSocketManager
from tickwire.pool import DataPoolManager
from tickwire.readiness import Readiness
from tickwire.shared import get_global_websocket_manager
from tickwire.subscription import DataType, Stream, SubscriptionSpec
from tickwire.sync import SyncWebSocketClient

__all__ = [
    "AnnouncementEvent",
    "Asset",
    "AuthenticationError",
    "BaseWebSocketEvent",
    "BookLevel",
    "CandleEvent",
    "ControlEvent",
    "DataPoolManager",
    "DataProcessor",
    "DataType",
    "ExchangeError",
    "Explanation",
    "Gap",
    "HandshakeRefused",
    "History",
    "Indicator",
    "IndicatorEvent",
    "IndicatorSignalEvent",
    "JWTManager",
    "Lagged",
    "Listing",
    "MyAssetEvent",
    "MyOrderEvent",
    "OrderbookEvent",
    "OrderbookUnit",
    "ProtocolError",
    "RateLimitTimeout",
    "RateLimiterStatus",
    "RawEvent",
    "Readiness",
    "Reconnecting",
    "Refused",
    "Rejected",
    "Restored",
    "SlowConsumer",
    "Strategy",
    "Stream",
    "SubscriptionManager",
    "SubscriptionSpec",
    "SyncWebSocketClient",
    "TickerEvent",
    "TickwireError",
    "Timing",
    "TradeEvent",
    "TransportError",
    "UsageError",
    "Verification",
    "WebSocketClient",
    "WebSocketManager",
    "WireFormat",
    "get_global_websocket_manager",
]
