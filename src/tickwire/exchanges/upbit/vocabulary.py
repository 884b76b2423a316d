"""Upbit's two vocabularies: long names (DEFAULT) and short ones (SIMPLE).

The table names each field of an event with its short form. The short names depend on the type
(`td` is a trade's date, `tdt` a ticker's). Long names are those of the fields, except that a
`symbol` is a `code` on the wire. Source: docs.upbit.com, the page of each type, 2026-09.
"""

from tickwire.events import (
    AnnouncementEvent,
    Asset,
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

__all__ = ["LONG_MEMBERS", "SHORT_MEMBERS", "SHORT_NAMES", "wire_names"]

_WITHOUT_CODE = {"type": "ty", "timestamp": "tms", "stream_type": "st"}
_COMMON = _WITHOUT_CODE | {"symbol": "cd"}
_INDICATOR = _COMMON | {
    "timeframe": "tf",
    "indicator": "ind",
    "params": "p",
    "candle_date_time_utc": "cdttmu",
    "value": "v",
}

SHORT_NAMES: dict[type, dict[str, str]] = {
    TickerEvent: _COMMON
    | {
        "opening_price": "op",
        "high_price": "hp",
        "low_price": "lp",
        "trade_price": "tp",
        "prev_closing_price": "pcp",
        "acc_trade_price": "atp",
        "change": "c",
        "change_price": "cp",
        "signed_change_price": "scp",
        "change_rate": "cr",
        "signed_change_rate": "scr",
        "ask_bid": "ab",
        "trade_volume": "tv",
        "acc_trade_volume": "atv",
        "trade_date": "tdt",
        "trade_time": "ttm",
        "trade_timestamp": "ttms",
        "acc_ask_volume": "aav",
        "acc_bid_volume": "abv",
        "highest_52_week_price": "h52wp",
        "highest_52_week_date": "h52wdt",
        "lowest_52_week_price": "l52wp",
        "lowest_52_week_date": "l52wdt",
        "market_state": "ms",
        "is_trading_suspended": "its",
        "delisting_date": "dd",
        "market_warning": "mw",
        "acc_trade_price_24h": "atp24h",
        "acc_trade_volume_24h": "atv24h",
    },
    TradeEvent: _COMMON
    | {
        "trade_date": "td",
        "trade_time": "ttm",
        "trade_timestamp": "ttms",
        "trade_price": "tp",
        "trade_volume": "tv",
        "ask_bid": "ab",
        "prev_closing_price": "pcp",
        "change": "c",
        "change_price": "cp",
        "sequential_id": "sid",
        "best_ask_price": "bap",
        "best_ask_size": "bas",
        "best_bid_price": "bbp",
        "best_bid_size": "bbs",
    },
    OrderbookEvent: _COMMON
    | {
        "total_ask_size": "tas",
        "total_bid_size": "tbs",
        "orderbook_units": "obu",
        "level": "lv",
    },
    OrderbookUnit: {"ask_price": "ap", "bid_price": "bp", "ask_size": "as", "bid_size": "bs"},
    CandleEvent: _COMMON
    | {
        "candle_date_time_utc": "cdttmu",
        "candle_date_time_kst": "cdttmk",
        "opening_price": "op",
        "high_price": "hp",
        "low_price": "lp",
        "trade_price": "tp",
        "candle_acc_trade_volume": "catv",
        "candle_acc_trade_price": "catp",
    },
    MyOrderEvent: _COMMON
    | {
        "uuid": "uid",
        "ask_bid": "ab",
        "order_type": "ot",
        "state": "s",
        "trade_uuid": "tuid",
        "price": "p",
        "avg_price": "ap",
        "volume": "v",
        "remaining_volume": "rv",
        "executed_volume": "ev",
        "trades_count": "tc",
        "reserved_fee": "rsf",
        "remaining_fee": "rmf",
        "paid_fee": "pf",
        "locked": "l",
        "executed_funds": "ef",
        "time_in_force": "tif",
        "trade_fee": "tf",
        "is_maker": "im",
        "identifier": "id",
        "smp_type": "smpt",
        "prevented_volume": "pv",
        "prevented_locked": "pl",
        "trade_timestamp": "ttms",
        "order_timestamp": "otms",
    },
    MyAssetEvent: _WITHOUT_CODE
    | {"asset_uuid": "astuid", "assets": "ast", "asset_timestamp": "asttms"},
    Asset: {"currency": "cu", "balance": "b", "locked": "l"},
    AnnouncementEvent: _WITHOUT_CODE
    | {
        "event_type": "et",
        "uuid": "uid",
        "title": "tt",
        "category": "cat",
        "url": "url",
        "first_listed_at": "flat",
        "listed_at": "lat",
        "body": "bd",
    },
    IndicatorEvent: _INDICATOR,
    IndicatorSignalEvent: _INDICATOR | {"trigger": "tr", "event_params": "ep"},
    RawEvent: {"timestamp": "tms", "stream_type": "st"},
}

SHORT_MEMBERS: dict[str, dict[str, str]] = {
    "params": {
        "type": "t",
        "period": "p",
        "short_period": "shp",
        "long_period": "lop",
        "multiplier": "m",
        "fast": "f",
        "slow": "s",
        "signal_period": "sgp",
    },
    "event_params": {"threshold": "th", "multiplier": "mul"},
    "value": {
        "volume": "vol",
        "avg_volume": "av",
        "ratio": "rto",
        "rsi": "rsi",
        "value": "value",
        "ma_short": "mas",
        "ma_long": "mal",
        "bb_upper": "bbu",
        "bb_middle": "bbm",
        "bb_lower": "bbl",
        "macd": "macd",
        "macd_signal": "macds",
        "histogram": "hist",
    },
}
"""The members of the objects within an indicator's messages."""

LONG_MEMBERS = {
    field: {short: long for long, short in names.items()} for field, names in SHORT_MEMBERS.items()
}
"""The same the other way round."""


def wire_names(cls: type, *, short: bool) -> dict[str, str]:
    """What each field of a class is called on the wire."""
    if short:
        return SHORT_NAMES[cls]
    return {name: "code" if name == "symbol" else name for name in SHORT_NAMES[cls]}
