"""Upbit: Korea, Singapore, Indonesia and Thailand speak the same protocol on different hosts."""

from collections.abc import Hashable, Sequence

from tickwire.core.exchange import Endpoint, Other, Payload, Refusal, Status
from tickwire.core.planner import Plan
from tickwire.events import BaseWebSocketEvent, TradeEvent
from tickwire.exchanges.upbit import messages, requests, rules
from tickwire.subscription import DataType, Stream

__all__ = ["Upbit"]


class Upbit:
    """The answers of one Upbit host; see `tickwire.core.exchange.Exchange`."""

    connect_limits = rules.CONNECT_LIMITS
    message_limits = rules.MESSAGE_LIMITS

    def __init__(
        self,
        *,
        environment: str = "kr",
        websocket_base_url: str | None = None,
        base_url: str | None = None,
    ) -> None:
        self.websocket_base_url, self.base_url = rules.base_urls(
            environment, websocket_base_url, base_url
        )

    def __repr__(self) -> str:
        return f"<Upbit {self.websocket_base_url}>"

    def endpoint_of(self, data_type: DataType) -> Endpoint:
        return rules.ENDPOINTS[data_type]

    def url(self, endpoint: Endpoint) -> str:
        return self.websocket_base_url + rules.PATHS[endpoint]

    def markets_url(self) -> str:
        return self.base_url + "/v1/market/all"

    def markets(self, body: bytes) -> tuple[str, ...]:
        return messages.markets(body)

    def encode(self, plan: Plan, ticket: str) -> str:
        return requests.encode(plan, ticket)

    def classify(self, frame: bytes) -> Sequence[Payload | Refusal | Status | Other]:
        return messages.classify(frame)

    def decode(self, payload: Payload, received_time_ns: int) -> BaseWebSocketEvent:
        return messages.decode(payload, received_time_ns)

    def identity(self, event: BaseWebSocketEvent) -> Hashable | None:
        return event.sequential_id if isinstance(event, TradeEvent) else None

    def slot_of(self, stream: Stream) -> Hashable:
        # What Upbit makes of the same type and code twice in one message is not known.
        return stream.type, stream.symbol
