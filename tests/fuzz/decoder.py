"""The client's decoder: whatever a server sends, only `ProtocolError` may come of it.

Where the hot path is compiled, the one in Python must make the same of it.
"""

from contextlib import suppress

from tests import twins
from tickwire.core.exchange import Other
from tickwire.errors import ProtocolError
from tickwire.events import BaseWebSocketEvent
from tickwire.exchanges.upbit import Upbit

__all__ = ["SEEDS", "WORDS", "target"]

# Short forms of the examples of docs.upbit.com (2026-09), in all formats.
SEEDS: tuple[str, ...] = (
    '{"type":"ticker","code":"KRW-BTC","opening_price":1.16120E8,"high_price":1.17050E8,"low_price"'
    ':1.15800E8,"trade_price":1.16539E8,"prev_closing_price":1.16118E8,"acc_trade_price":84215.4412'
    ',"change":"RISE","change_price":421000.0,"signed_change_price":421000.0,"change_rate":0.0036,'
    '"signed_change_rate":0.0036,"ask_bid":"BID","trade_volume":0.00077720,"acc_trade_volume":723.1'
    ',"trade_date":"20261120","trade_time":"035912","trade_timestamp":1795147152418,'
    '"acc_ask_volume":351.2,"acc_bid_volume":371.9,"highest_52_week_price":1.79734E8,'
    '"highest_52_week_date":"2026-01-14","lowest_52_week_price":8.8113E7,"lowest_52_week_date":'
    '"2026-06-02","market_state":"ACTIVE","is_trading_suspended":false,"delisting_date":null,'
    '"market_warning":"NONE","timestamp":1795147152455,"acc_trade_price_24h":203118845120.1,'
    '"acc_trade_volume_24h":1744.9,"stream_type":"SNAPSHOT"}',
    '{"type":"trade","code":"KRW-ETH","timestamp":1795147152470,"trade_date":"2026-11-20",'
    '"trade_time":"03:59:12","trade_timestamp":1795147152418,"trade_price":4117000.0,'
    '"trade_volume":0.24290031,"ask_bid":"ASK","prev_closing_price":4098000.0,"change":"RISE",'
    '"change_price":19000.0,"sequential_id":17951471524180000,"best_ask_price":4118000,'
    '"best_ask_size":3.11820114,"best_bid_price":4117000,"best_bid_size":0.98127721,'
    '"stream_type":"REALTIME"}',
    '[{"ty":"trade","cd":"KRW-ETH","tms":1795147152470,"td":"2026-11-20","ttm":"03:59:12","ttms":'
    '1795147152418,"tp":4117000,"tv":7.9276E-4,"ab":"ASK","pcp":4098000,"c":"RISE","cp":19000,'
    '"sid":17951471524180000,"bap":4118000,"bas":3.1,"bbp":4117000,"bbs":0.98,"st":"REALTIME"}]',
    '{"type":"orderbook","code":"KRW-XRP","timestamp":1795147152400,"total_ask_size":251034.118200,'
    '"total_bid_size":198220.50991032,"orderbook_units":[{"ask_price":3012.0,"bid_price":3011.0,'
    '"ask_size":10211.55120000,"bid_size":8230.10000000},{"ask_price":0.0,"bid_price":3010.0,'
    '"ask_size":0,"bid_size":15500.77120031}],"stream_type":"SNAPSHOT","level":0}',
    '[{"ty":"orderbook","cd":"KRW-XRP","tms":1795147152400,"tas":251034.1182,"tbs":198220.5,"obu":'
    '[{"ap":3012,"bp":3011,"as":10211.5512,"bs":8230.1}],"st":"REALTIME","lv":0}]',
    '{"type":"candle.1m","code":"KRW-BTC","candle_date_time_utc":"2026-11-20T03:59:00",'
    '"candle_date_time_kst":"2026-11-20T12:59:00","opening_price":1.16500E8,"high_price":1.16545E8,'
    '"low_price":1.16488E8,"trade_price":1.16539E8,"candle_acc_trade_volume":1.20711832,'
    '"candle_acc_trade_price":140650112.0912,"timestamp":1795147153002,"stream_type":"REALTIME"}',
    '{"ty":"candle.1s","cd":"KRW-BTC","cdttmu":"2026-11-20T03:59:00","cdttmk":"2026-11-20T12:59:00"'
    ',"op":116500000,"hp":116545000,"lp":116488000,"tp":116539000,"catv":1.2,"catp":140650112.0912,'
    '"tms":1795147153002,"st":"REALTIME"}',
    '{"type":"myAsset","asset_uuid":"e635f223","assets":[{"currency":"KRW","balance":'
    '1386929.37231066771348207123,"locked":10329.67012768562612817841}],"asset_timestamp":1,'
    '"timestamp":1795147152453,"stream_type":"REALTIME"}',
    '{"type":"myOrder","code":"KRW-BTC","uuid":"9ca023a5","ask_bid":"BID","order_type":"limit",'
    '"state":"trade","trade_uuid":"3f1c9a52","price":116500000.0,"avg_price":116500000.0,"volume":'
    '0.01,"remaining_volume":0.02,"executed_volume":0.01,"trades_count":1,"reserved_fee":1747.5,'
    '"remaining_fee":1165.0,"paid_fee":582.5,"locked":2331165.0,"executed_funds":1165000.0,'
    '"time_in_force":null,"trade_fee":582.5,"is_maker":true,"identifier":"bot-000123","smp_type":'
    'null,"prevented_volume":"0","prevented_locked":0,"trade_timestamp":1795147152418,'
    '"order_timestamp":1795147100000,"timestamp":1795147152451,"stream_type":"REALTIME"}',
    '{"ty":"announcement","et":"UPDATED","uid":"560000123","tt":"점검","cat":"maintenance","url":"u",'
    '"flat":"2026-11-20T13:00:00+09:00","lat":"2026-11-20T13:20:00+09:00","tms":1795148400311,'
    '"st":"REALTIME","bd":"text"}',
    '{"ty":"indicator","cd":"KRW-BTC","tf":"15m","ind":"rsi","p":{"p":14},'
    '"cdttmu":"2026-11-20T03:45:00","v":{"rsi":61.27},"tms":1795147200410,"st":"REALTIME"}',
    '{"type":"indicator_signal","code":"KRW-ETH","timeframe":"60m","indicator":"rsi","params":'
    '{"period":14},"trigger":"overbought","event_params":{"threshold":70},"candle_date_time_utc":'
    '"2026-11-20T03:00:00","value":{"rsi":70.84},"timestamp":1795147200512,"stream_type":'
    '"REALTIME"}',
    '{"type":"news","code":"KRW-BTC","timestamp":1,"x":{"y":[1.5]}}',
    '{"error":{"name":"WRONG_FORMAT","message":"Format 이 맞지 않습니다."}}',
    '{"error":{"name":404,"message":"Code not found"}}',
    '{"status":"UP"}',
    '{"method":"LIST_SUBSCRIPTIONS","result":[{"type":"ticker","codes":["KRW-BTC"]}],"ticket":"t"}',
    '[{"market":"KRW-BTC","korean_name":"비트코인","english_name":"Bitcoin"}]',
)

WORDS: tuple[str, ...] = (
    "ticker", "trade", "orderbook", "candle.1s", "candle.240m", "myOrder", "indicator",
    "type", "ty", "code", "cd", "level", "lv", "error", "status", "method", "mthd",
    "orderbook_units", "obu", "delisting_date", "dd", "sequential_id", "sid", "timestamp", "tms",
    "trade_price", "tp", "stream_type", "st", "SNAPSHOT", "1E400", "-1e-400", "1e999999999",
)  # fmt: skip

_upbit = Upbit()
_COMPILED, _PURE = twins.compiled(), twins.pure()
_DEEP = 200
"""How deep is too deep depends on who calls, and by a few levels on the twin."""


def target(data: bytes) -> None:
    if _COMPILED is not None and data.count(b"[") + data.count(b"{") < _DEEP:
        assert _COMPILED.told(data) == _PURE.told(data)
    try:
        contents = _upbit.classify(data)
    except ProtocolError:
        contents = ()
    for content in contents:
        event = content.event if isinstance(content, Other) else content
        if not isinstance(event, BaseWebSocketEvent):
            continue
        hash(event.stream)
        try:
            event.check()
        except ProtocolError:
            continue
        event.to_json()
        assert event.raw.encode() in data
        assert event == event.as_handed_over()
        hash(event)
        identity_of = _upbit.identity_of(event.stream.type)
        assert identity_of is None or isinstance(identity_of(event), int)
    with suppress(ProtocolError):
        assert all(isinstance(code, str) for code in _upbit.markets(data))
    with suppress(ProtocolError):
        levels = _upbit.levels(data).values()
        assert all(level.is_finite() and level >= 0 for each in levels for level in each)
