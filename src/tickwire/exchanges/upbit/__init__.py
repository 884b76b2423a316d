"""Upbit: Korea, Singapore, Indonesia and Thailand speak the same protocol on different hosts."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from decimal import Decimal
from operator import attrgetter
from typing import Any

from tickwire.core.exchange import Endpoint
from tickwire.core.planner import Plan
from tickwire.errors import UsageError
from tickwire.exchanges.upbit import messages, requests, rules
from tickwire.exchanges.upbit.jwt_manager import Algorithm, JWTManager
from tickwire.exchanges.upbit.rules import WireFormat
from tickwire.subscription import DataType, Stream, SubscriptionSpec

__all__ = ["Algorithm", "JWTManager", "Upbit", "WireFormat"]


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
        jwt_manager: JWTManager | None = None,
        wire_format: WireFormat = "DEFAULT",
        ticket_prefix: str = rules.TICKET_PREFIX,
    ) -> None:
        rules.check_wire_format(wire_format)
        rules.check_ticket_prefix(ticket_prefix)
        self.wire_format = wire_format
        self.ticket_prefix = ticket_prefix
        self._environment = environment
        self.websocket_base_url, self.base_url = rules.base_urls(
            environment, websocket_base_url, base_url
        )
        self._jwt_manager = jwt_manager or JWTManager()
        if self._jwt_manager.is_given:
            rules.check_fit_for_keys(self.websocket_base_url)
        self._messages = messages.Messages()
        self.recognise = self._messages.recognise
        self.classify = self._messages.classify

    def __repr__(self) -> str:
        return f"<Upbit {self.websocket_base_url}>"

    def endpoint_of(self, data_type: DataType | str) -> Endpoint:
        return rules.ENDPOINTS.get(data_type, Endpoint.PUBLIC)

    def most_streams(self, endpoint: Endpoint) -> int | None:
        return rules.MOST_STREAMS.get(endpoint)

    def url(self, endpoint: Endpoint) -> str:
        return self.websocket_base_url + rules.PATHS[endpoint]

    def connect_scope(self, endpoint: Endpoint) -> str:
        if endpoint is Endpoint.PUBLIC:
            return self.websocket_base_url
        # A Pocket, of which a key is all that is known here.
        return f"{self.websocket_base_url} {self._jwt_manager.fingerprint}"

    @property
    def is_on_this_machine(self) -> bool:
        return rules.is_on_this_machine(self.websocket_base_url)

    def check(self, spec: SubscriptionSpec) -> None:
        if spec.level and self._environment in rules.WITHOUT_LEVELS:
            raise UsageError(
                f"Upbit ({self._environment}) does not group prices, and refuses whoever asks for "
                "it; ask for order books without level"
            )
        if self.endpoint_of(spec.data_type) is not Endpoint.PUBLIC:
            self._jwt_manager.check()
            rules.check_fit_for_keys(self.websocket_base_url)

    def headers(self, endpoint: Endpoint) -> Mapping[str, str]:
        if endpoint is Endpoint.PUBLIC:
            return {}
        rules.check_fit_for_keys(self.websocket_base_url)
        return self._jwt_manager.headers()

    def refuses_keys(self, answer: int | str) -> bool:
        return answer in rules.KEYS_REFUSED

    def refuses_rate(self, answer: int | str) -> bool:
        return answer in rules.RATE_REFUSED

    def markets_url(self) -> str:
        return self.base_url + "/v1/market/all"

    def markets(self, body: bytes) -> tuple[str, ...]:
        return messages.markets(body)

    def levels_url(self, symbols: Iterable[str]) -> str:
        return f"{self.base_url}/v1/orderbook/instruments?markets={','.join(symbols)}"

    def levels(self, body: bytes) -> Mapping[str, tuple[Decimal, ...]]:
        return messages.levels(body)

    def ticket(self, unique: str) -> str:
        return self.ticket_prefix + unique

    def encode(self, plan: Plan, ticket: str) -> str:
        return requests.encode(plan, ticket, self.wire_format)

    def encode_inquiry(self, ticket: str) -> str:
        return requests.encode_inquiry(ticket, self.wire_format)

    def begins_with_data(self, data_type: DataType | str) -> bool:
        return data_type in rules.MARKET_TYPES

    def identity_of(self, data_type: DataType | str) -> Callable[[Any], int] | None:
        return attrgetter("sequential_id") if data_type is DataType.TRADE else None

    def compartment_of(self, stream: Stream) -> Hashable:
        # Of a type by another name Upbit may know nothing, and closes the connection for it.
        return None if stream.type in rules.ENDPOINTS else stream.type

    def slot_of(self, stream: Stream) -> Hashable:
        # What Upbit makes of the same type and code twice in one message is not known. Streams
        # of an account, news and indicators never conflict: one request covers any set of them.
        if stream.type == DataType.ORDERBOOK:
            return stream.type, stream.symbol
        return stream
