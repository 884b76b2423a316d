"""The members of the public messages: their names, long and short, and their order.

Each table becomes a text with a slot for every value, so that to write a message is to fill them in
the order of its table. Texts come in pairs, by `Format.short`.

Source: the websocket-ticker, -trade, -orderbook and -candle pages of docs.upbit.com (2026-09) and
frames of the real wire. The order of the keys is the order seen there.
"""

__all__ = ["CANDLE", "ORDERBOOK", "SLOT", "TICKER", "TRADE"]

# The slots: for a number, a string and a list. What stands without a slot never changes here.
SLOT, _TEXT, _LIST = "%s", '"%s"', "[%s]"
_Field = tuple[str, str, str]


def _templates(*fields: _Field) -> tuple[str, str]:
    """The message with its slots open, by `Format.short`."""
    long, short = (
        "{" + ",".join(f'"{field[which]}":{field[2]}' for field in fields) + "}" for which in (0, 1)
    )
    return long, short


TICKER = _templates(
    ("type", "ty", '"ticker"'),
    ("code", "cd", _TEXT),
    ("opening_price", "op", SLOT),
    ("high_price", "hp", SLOT),
    ("low_price", "lp", SLOT),
    ("trade_price", "tp", SLOT),
    ("prev_closing_price", "pcp", SLOT),
    ("acc_trade_price", "atp", SLOT),
    ("change", "c", _TEXT),
    ("change_price", "cp", SLOT),
    ("signed_change_price", "scp", SLOT),
    ("change_rate", "cr", SLOT),
    ("signed_change_rate", "scr", SLOT),
    ("ask_bid", "ab", _TEXT),
    ("trade_volume", "tv", SLOT),
    ("acc_trade_volume", "atv", SLOT),
    ("trade_date", "tdt", _TEXT),
    ("trade_time", "ttm", _TEXT),
    ("trade_timestamp", "ttms", SLOT),
    ("acc_ask_volume", "aav", SLOT),
    ("acc_bid_volume", "abv", SLOT),
    ("highest_52_week_price", "h52wp", SLOT),
    ("highest_52_week_date", "h52wdt", _TEXT),
    ("lowest_52_week_price", "l52wp", SLOT),
    ("lowest_52_week_date", "l52wdt", _TEXT),
    ("market_state", "ms", '"ACTIVE"'),
    ("is_trading_suspended", "its", "false"),
    ("delisting_date", "dd", "null"),
    ("market_warning", "mw", '"NONE"'),
    ("timestamp", "tms", SLOT),
    ("acc_trade_price_24h", "atp24h", SLOT),
    ("acc_trade_volume_24h", "atv24h", SLOT),
    ("stream_type", "st", _TEXT),
)

TRADE = _templates(
    ("type", "ty", '"trade"'),
    ("code", "cd", _TEXT),
    ("timestamp", "tms", SLOT),
    ("trade_date", "td", _TEXT),
    ("trade_time", "ttm", _TEXT),
    ("trade_timestamp", "ttms", SLOT),
    ("trade_price", "tp", SLOT),
    ("trade_volume", "tv", SLOT),
    ("ask_bid", "ab", _TEXT),
    ("prev_closing_price", "pcp", SLOT),
    ("change", "c", _TEXT),
    ("change_price", "cp", SLOT),
    ("sequential_id", "sid", SLOT),
    ("best_ask_price", "bap", SLOT),
    ("best_ask_size", "bas", SLOT),
    ("best_bid_price", "bbp", SLOT),
    ("best_bid_size", "bbs", SLOT),
    ("stream_type", "st", _TEXT),
)

ORDERBOOK = _templates(
    ("type", "ty", '"orderbook"'),
    ("code", "cd", _TEXT),
    ("timestamp", "tms", SLOT),
    ("total_ask_size", "tas", SLOT),
    ("total_bid_size", "tbs", SLOT),
    ("orderbook_units", "obu", _LIST),
    ("stream_type", "st", _TEXT),
    ("level", "lv", SLOT),
)

CANDLE = _templates(
    ("type", "ty", _TEXT),
    ("code", "cd", _TEXT),
    ("candle_date_time_utc", "cdttmu", _TEXT),
    ("candle_date_time_kst", "cdttmk", _TEXT),
    ("opening_price", "op", SLOT),
    ("high_price", "hp", SLOT),
    ("low_price", "lp", SLOT),
    ("trade_price", "tp", SLOT),
    ("candle_acc_trade_volume", "catv", SLOT),
    ("candle_acc_trade_price", "catp", SLOT),
    ("timestamp", "tms", SLOT),
    ("stream_type", "st", _TEXT),
)
