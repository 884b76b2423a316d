"""What type checkers know of every attribute of every event; also checked by pyright.

The functions are never called. A test compares the attributes named here with those there are.
"""

import ast
import inspect
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, assert_type

import pytest

from tickwire import (
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
    Stream,
    TickerEvent,
    TradeEvent,
)


def base(event: BaseWebSocketEvent) -> None:
    """What every event has."""
    assert_type(event.type, str)
    assert_type(event.symbol, str)
    assert_type(event.timestamp, int)
    assert_type(event.stream_type, str)
    assert_type(event.stream, Stream)
    assert_type(event.streams, frozenset[Stream])
    assert_type(event.received_time_ns, int)
    assert_type(event.handed_over, bool)
    assert_type(event.raw, str)
    assert_type(event.extra, Mapping[str, Any])
    assert_type(event.is_snapshot, bool)
    assert_type(event.to_dict(), dict[str, Any])
    assert_type(event.to_json(), str)
    assert_type(event.decoded(), BaseWebSocketEvent)
    assert_type(event.as_handed_over(), BaseWebSocketEvent)
    assert_type(event.check, Callable[[], None])


def ticker(event: TickerEvent) -> None:
    """The attributes of a `TickerEvent`."""
    assert_type(event.opening_price, Decimal)
    assert_type(event.high_price, Decimal)
    assert_type(event.low_price, Decimal)
    assert_type(event.trade_price, Decimal)
    assert_type(event.prev_closing_price, Decimal)
    assert_type(event.acc_trade_price, Decimal)
    assert_type(event.change, str)
    assert_type(event.change_price, Decimal)
    assert_type(event.signed_change_price, Decimal)
    assert_type(event.change_rate, Decimal)
    assert_type(event.signed_change_rate, Decimal)
    assert_type(event.ask_bid, str)
    assert_type(event.trade_volume, Decimal)
    assert_type(event.acc_trade_volume, Decimal)
    assert_type(event.trade_date, str)
    assert_type(event.trade_time, str)
    assert_type(event.trade_timestamp, int)
    assert_type(event.acc_ask_volume, Decimal)
    assert_type(event.acc_bid_volume, Decimal)
    assert_type(event.highest_52_week_price, Decimal)
    assert_type(event.highest_52_week_date, str)
    assert_type(event.lowest_52_week_price, Decimal)
    assert_type(event.lowest_52_week_date, str)
    assert_type(event.market_state, str)
    assert_type(event.is_trading_suspended, bool | None)
    assert_type(event.delisting_date, Any)
    assert_type(event.market_warning, str | None)
    assert_type(event.acc_trade_price_24h, Decimal)
    assert_type(event.acc_trade_volume_24h, Decimal)
    assert_type(event.decoded(), TickerEvent)


def trade(event: TradeEvent) -> None:
    """The attributes of a `TradeEvent`."""
    assert_type(event.trade_date, str)
    assert_type(event.trade_time, str)
    assert_type(event.trade_timestamp, int)
    assert_type(event.trade_price, Decimal)
    assert_type(event.trade_volume, Decimal)
    assert_type(event.ask_bid, str)
    assert_type(event.prev_closing_price, Decimal)
    assert_type(event.change, str)
    assert_type(event.change_price, Decimal)
    assert_type(event.sequential_id, int)
    assert_type(event.best_ask_price, Decimal | None)
    assert_type(event.best_ask_size, Decimal | None)
    assert_type(event.best_bid_price, Decimal | None)
    assert_type(event.best_bid_size, Decimal | None)
    assert_type(event.decoded(), TradeEvent)


def orderbook(event: OrderbookEvent) -> None:
    """The attributes of a `OrderbookEvent`."""
    assert_type(event.total_ask_size, Decimal)
    assert_type(event.total_bid_size, Decimal)
    assert_type(event.orderbook_units, Sequence[OrderbookUnit])
    assert_type(event.level, Decimal | None)
    assert_type(event.asks, Sequence[BookLevel])
    assert_type(event.bids, Sequence[BookLevel])
    assert_type(event.asks[0].price, Decimal)
    assert_type(event.bids[0].size, Decimal)
    assert_type(event.orderbook_units[0], OrderbookUnit)
    assert_type(event.decoded(), OrderbookEvent)
    assert_type(event.cut_to(5), OrderbookEvent)


def unit(event: OrderbookUnit) -> None:
    """One level of a book."""
    assert_type(event.ask_price, Decimal)
    assert_type(event.bid_price, Decimal)
    assert_type(event.ask_size, Decimal)
    assert_type(event.bid_size, Decimal)


def candle(event: CandleEvent) -> None:
    """The attributes of a `CandleEvent`."""
    assert_type(event.candle_date_time_utc, str)
    assert_type(event.candle_date_time_kst, str)
    assert_type(event.opening_price, Decimal)
    assert_type(event.high_price, Decimal)
    assert_type(event.low_price, Decimal)
    assert_type(event.trade_price, Decimal)
    assert_type(event.candle_acc_trade_volume, Decimal)
    assert_type(event.candle_acc_trade_price, Decimal)
    assert_type(event.unit, str)
    assert_type(event.decoded(), CandleEvent)


def my_order(event: MyOrderEvent) -> None:
    """The attributes of a `MyOrderEvent`."""
    assert_type(event.uuid, str)
    assert_type(event.ask_bid, str)
    assert_type(event.order_type, str)
    assert_type(event.state, str)
    assert_type(event.trade_uuid, str | None)
    assert_type(event.price, Decimal | None)
    assert_type(event.avg_price, Decimal)
    assert_type(event.volume, Decimal | None)
    assert_type(event.remaining_volume, Decimal | None)
    assert_type(event.executed_volume, Decimal)
    assert_type(event.trades_count, int)
    assert_type(event.reserved_fee, Decimal)
    assert_type(event.remaining_fee, Decimal)
    assert_type(event.paid_fee, Decimal)
    assert_type(event.locked, Decimal)
    assert_type(event.executed_funds, Decimal)
    assert_type(event.time_in_force, str | None)
    assert_type(event.trade_fee, Decimal | None)
    assert_type(event.is_maker, bool | None)
    assert_type(event.identifier, str | None)
    assert_type(event.smp_type, str | None)
    assert_type(event.prevented_volume, Decimal | None)
    assert_type(event.prevented_locked, Decimal | None)
    assert_type(event.trade_timestamp, int)
    assert_type(event.order_timestamp, int)
    assert_type(event.decoded(), MyOrderEvent)


def my_asset(event: MyAssetEvent) -> None:
    """The attributes of a `MyAssetEvent`."""
    assert_type(event.asset_uuid, str)
    assert_type(event.assets, Sequence[Asset])
    assert_type(event.asset_timestamp, int)
    assert_type(event.decoded(), MyAssetEvent)


def asset(event: Asset) -> None:
    """One balance."""
    assert_type(event.currency, str)
    assert_type(event.balance, Decimal)
    assert_type(event.locked, Decimal)


def announcement(event: AnnouncementEvent) -> None:
    """The attributes of a `AnnouncementEvent`."""
    assert_type(event.event_type, str)
    assert_type(event.uuid, str)
    assert_type(event.title, str)
    assert_type(event.category, str)
    assert_type(event.url, str)
    assert_type(event.first_listed_at, str)
    assert_type(event.listed_at, str)
    assert_type(event.body, str | None)
    assert_type(event.decoded(), AnnouncementEvent)


def indicator(event: IndicatorEvent) -> None:
    """The attributes of a `IndicatorEvent`."""
    assert_type(event.timeframe, str)
    assert_type(event.indicator, str)
    assert_type(event.params, Mapping[str, Decimal | int | str])
    assert_type(event.candle_date_time_utc, str)
    assert_type(event.value, Mapping[str, Decimal])
    assert_type(event.decoded(), IndicatorEvent)


def indicator_signal(event: IndicatorSignalEvent) -> None:
    """The attributes of a `IndicatorSignalEvent`."""
    assert_type(event.timeframe, str)
    assert_type(event.indicator, str)
    assert_type(event.params, Mapping[str, Decimal | int | str])
    assert_type(event.trigger, str)
    assert_type(event.event_params, Mapping[str, Decimal | int | str])
    assert_type(event.candle_date_time_utc, str)
    assert_type(event.value, Mapping[str, Decimal])
    assert_type(event.decoded(), IndicatorSignalEvent)


def raw(event: RawEvent) -> None:
    """A message of an unknown type has no more than every event."""
    assert_type(event.decoded(), RawEvent)


EXAMPLES: list[tuple[type, Callable[[Any], None]]] = [
    (BaseWebSocketEvent, base),
    (TickerEvent, ticker),
    (TradeEvent, trade),
    (OrderbookEvent, orderbook),
    (OrderbookUnit, unit),
    (CandleEvent, candle),
    (MyOrderEvent, my_order),
    (MyAssetEvent, my_asset),
    (Asset, asset),
    (AnnouncementEvent, announcement),
    (IndicatorEvent, indicator),
    (IndicatorSignalEvent, indicator_signal),
    (RawEvent, raw),
]


def named_in(example: Callable[[Any], None]) -> set[str]:
    """The attributes that an example reads of its event."""
    return {
        node.attr
        for node in ast.walk(ast.parse(inspect.getsource(example)))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "event"
    }


@pytest.mark.parametrize(("cls", "example"), EXAMPLES, ids=lambda each: each.__name__)
def test_every_public_attribute_is_named(cls: type, example: Callable[[Any], None]) -> None:
    """An attribute that is added has to be given its type here."""
    there = {name for name in dir(cls) if not name.startswith("_")} - {"view", "to_dict"}
    named = named_in(example)
    if issubclass(cls, BaseWebSocketEvent):
        named |= named_in(base)
    assert there <= named
