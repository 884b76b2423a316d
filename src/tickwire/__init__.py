"""tickwire: every tick your program wants from Upbit, over one wire."""

from tickwire.client import WebSocketClient
from tickwire.control import ControlEvent, Gap, Lagged, Reconnecting, Refused, Rejected, Restored
from tickwire.core.backoff import Backoff, KeysBackoff
from tickwire.core.connection import Timing
from tickwire.core.efficiency import SubscriptionPlan
from tickwire.core.explanation import (
    Carried,
    Conflict,
    Explanation,
    StreamExplanation,
    Wait,
    WaitsFor,
)
from tickwire.core.heartbeat import HeartbeatTiming
from tickwire.core.listing import Listing, Verification
from tickwire.core.rate_limiter import RateLimiterStatus
from tickwire.core.strategy import Strategy
from tickwire.core.subscriptions import StreamSummary, SubscriptionManager
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
from tickwire.statistics import ManagerStatistics
from tickwire.subscription import DataType, Stream, SubscriptionSpec, Terms
from tickwire.sync import SyncWebSocketClient
from tickwire.version import __version__

__all__ = [
    "AnnouncementEvent",
    "Asset",
    "AuthenticationError",
    "Backoff",
    "BaseWebSocketEvent",
    "BookLevel",
    "CandleEvent",
    "Carried",
    "Conflict",
    "ControlEvent",
    "DataPoolManager",
    "DataProcessor",
    "DataType",
    "ExchangeError",
    "Explanation",
    "Gap",
    "HandshakeRefused",
    "HeartbeatTiming",
    "History",
    "Indicator",
    "IndicatorEvent",
    "IndicatorSignalEvent",
    "JWTManager",
    "KeysBackoff",
    "Lagged",
    "Listing",
    "ManagerStatistics",
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
    "StreamExplanation",
    "StreamSummary",
    "SubscriptionManager",
    "SubscriptionPlan",
    "SubscriptionSpec",
    "SyncWebSocketClient",
    "Terms",
    "TickerEvent",
    "TickwireError",
    "Timing",
    "TradeEvent",
    "TransportError",
    "UsageError",
    "Verification",
    "Wait",
    "WaitsFor",
    "WebSocketClient",
    "WebSocketManager",
    "WireFormat",
    "__version__",
    "get_global_websocket_manager",
]
