"""What an account tells of itself: its orders and its assets."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from tickwire.events.base import BaseWebSocketEvent, Part
from tickwire.fields import Field, Number, NumberOrText, PartsField

__all__ = ["Asset", "MyAssetEvent", "MyOrderEvent"]


class MyOrderEvent(BaseWebSocketEvent):
    """What became of one of your orders: it waits, was filled, is done or cancelled.

    There is one event for each fill, with `state` `trade`. The order in which events come is not
    promised: know fills by their `trade_uuid` and orders by their `uuid`.
    """

    __slots__ = ()
    uuid = Field[str]("identifies the order")
    ask_bid = Field[str]("your side, `ASK` to sell or `BID` to buy")
    order_type = Field[str]("`limit`, `price` (buy for an amount), `market` (sell) or `best`")
    state = Field[str]("`wait`, `watch`, `trade` (a fill), `done`, `cancel` or `prevented`")
    trade_uuid = Field[str | None]("identifies the fill; `None` unless `trade`")
    price = Number[Decimal | None]("price of the order; of the fill when `trade`")
    avg_price = Number[Decimal]("average price of the fills so far")
    volume = Number[Decimal | None]("size of the order; of the fill when `trade`")
    remaining_volume = Number[Decimal | None]("size that is still open")
    executed_volume = Number[Decimal]("size filled so far")
    trades_count = Field[int]("fills so far")
    reserved_fee = Number[Decimal]("fee set aside, quote currency")
    remaining_fee = Number[Decimal]("fee still set aside, quote currency")
    paid_fee = Number[Decimal]("fee paid so far, quote currency")
    locked = Number[Decimal]("amount held by the order: quote currency to buy, base to sell")
    executed_funds = Number[Decimal]("value of the fills so far, quote currency")
    time_in_force = Field[str | None]("`ioc`, `fok` or `post_only`, if any")
    trade_fee = Number[Decimal | None]("fee of this fill, quote currency; `None` unless `trade`")
    is_maker = Field[bool | None]("whether you were the maker; `None` unless `trade`")
    identifier = Field[str | None]("your own id for the order, if it was given one")
    smp_type = Field[str | None](
        "what prevents self-matching: `reduce`, `cancel_maker` or `cancel_taker`"
    )
    prevented_volume = NumberOrText[Decimal | None]("size withdrawn by that")
    prevented_locked = NumberOrText[Decimal | None](
        "amount released by that: with the fee to buy, the size to sell"
    )
    trade_timestamp = Field[int]("time of the last fill, ms")
    order_timestamp = Field[int]("time of the order, ms")


class Asset(Part):
    """What an account has of one currency."""

    __slots__ = ()
    currency = Field[str]("the currency, such as `KRW`")
    balance = Number[Decimal]("what is free, in that currency")
    locked = Number[Decimal]("what orders and withdrawals hold, in that currency")


class _Assets(PartsField[Sequence[Asset]]):
    part = Asset


class MyAssetEvent(BaseWebSocketEvent):
    """Balances of your account that have changed; whether all are listed is not promised.

    Take the state at the start from REST, and replace each currency that is named here.
    """

    __slots__ = ()
    asset_uuid = Field[str]("identifies the change")
    assets = _Assets("the balances")
    asset_timestamp = Field[int]("time of the change, ms")

    def __init__(self, **fields: Any) -> None:
        super().__init__(**{"assets": (), **fields})

    def to_dict(self) -> dict[str, Any]:
        """The fields by name, each asset as a dict of its own."""
        return super().to_dict() | {"assets": [asset.to_dict() for asset in self.assets]}
