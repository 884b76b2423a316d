"""Upbit's wire as documented: the names of the fields, and an example frame of each type.

Typed in from the reference pages of docs.upbit.com (websocket-ticker, -announcement 2026-09-22,
-trade 2026-09-02, -orderbook, -candle, -myorder 2026-09-09, -myasset 2026-08-31, -indicator,
-indicator-signal 2026-09-23), independently of the adapter's own tables.
"""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from tickwire.events import (
    AnnouncementEvent,
    Asset,
    BaseWebSocketEvent,
    CandleEvent,
    IndicatorEvent,
    IndicatorSignalEvent,
    MyAssetEvent,
    MyOrderEvent,
    OrderbookEvent,
    OrderbookUnit,
    TickerEvent,
    TradeEvent,
)
from tickwire.exchanges.upbit import Upbit

RECEIVED_NS = 1_795_147_152_500_000_000


def _table(text: str) -> dict[str, tuple[str, str]]:
    rows = (line.split() for line in text.strip().splitlines())
    return {default: (simple, kind) for default, simple, kind in rows}


FIELDS: dict[type, dict[str, tuple[str, str]]] = {
    TickerEvent: _table("""
        type                   ty      string
        code                   cd      string
        opening_price          op      number
        high_price             hp      number
        low_price              lp      number
        trade_price            tp      number
        prev_closing_price     pcp     number
        acc_trade_price        atp     number
        change                 c       string
        change_price           cp      number
        signed_change_price    scp     number
        change_rate            cr      number
        signed_change_rate     scr     number
        ask_bid                ab      string
        trade_volume           tv      number
        acc_trade_volume       atv     number
        trade_date             tdt     string
        trade_time             ttm     string
        trade_timestamp        ttms    integer
        acc_ask_volume         aav     number
        acc_bid_volume         abv     number
        highest_52_week_price  h52wp   number
        highest_52_week_date   h52wdt  string
        lowest_52_week_price   l52wp   number
        lowest_52_week_date    l52wdt  string
        market_state           ms      string
        is_trading_suspended   its     bool?
        delisting_date         dd      date?
        market_warning         mw      string?
        timestamp              tms     integer
        acc_trade_price_24h    atp24h  number
        acc_trade_volume_24h   atv24h  number
        stream_type            st      string
        """),
    TradeEvent: _table("""
        type                   ty      string
        code                   cd      string
        timestamp              tms     integer
        trade_date             td      string
        trade_time             ttm     string
        trade_timestamp        ttms    integer
        trade_price            tp      number
        trade_volume           tv      number
        ask_bid                ab      string
        prev_closing_price     pcp     number
        change                 c       string
        change_price           cp      number
        sequential_id          sid     integer
        best_ask_price         bap     number?
        best_ask_size          bas     number?
        best_bid_price         bbp     number?
        best_bid_size          bbs     number?
        stream_type            st      string
        """),
    OrderbookEvent: _table("""
        type                   ty      string
        code                   cd      string
        timestamp              tms     integer
        total_ask_size         tas     number
        total_bid_size         tbs     number
        orderbook_units        obu     array
        stream_type            st      string
        level                  lv      number?
        """),
    OrderbookUnit: _table("""
        ask_price              ap      number
        bid_price              bp      number
        ask_size               as      number
        bid_size               bs      number
        """),
    CandleEvent: _table("""
        type                     ty      string
        code                     cd      string
        candle_date_time_utc     cdttmu  string
        candle_date_time_kst     cdttmk  string
        opening_price            op      number
        high_price               hp      number
        low_price                lp      number
        trade_price              tp      number
        candle_acc_trade_volume  catv    number
        candle_acc_trade_price   catp    number
        timestamp                tms     integer
        stream_type              st      string
        """),
    MyOrderEvent: _table("""
        type              ty    string
        code              cd    string
        uuid              uid   string
        ask_bid           ab    string
        order_type        ot    string
        state             s     string
        trade_uuid        tuid  string?
        price             p     number?
        avg_price         ap    number
        volume            v     number?
        remaining_volume  rv    number?
        executed_volume   ev    number
        trades_count      tc    integer
        reserved_fee      rsf   number
        remaining_fee     rmf   number
        paid_fee          pf    number
        locked            l     number
        executed_funds    ef    number
        time_in_force     tif   string?
        trade_fee         tf    number?
        is_maker          im    bool?
        identifier        id    string?
        smp_type          smpt  string?
        prevented_volume  pv    quotable?
        prevented_locked  pl    quotable?
        trade_timestamp   ttms  integer
        order_timestamp   otms  integer
        timestamp         tms   integer
        stream_type       st    string
        """),
    MyAssetEvent: _table("""
        type             ty      string
        asset_uuid       astuid  string
        assets           ast     array
        asset_timestamp  asttms  integer
        timestamp        tms     integer
        stream_type      st      string
        """),
    Asset: _table("""
        currency  cu  string
        balance   b   number
        locked    l   number
        """),
    AnnouncementEvent: _table("""
        type             ty    string
        event_type       et    string
        uuid             uid   string
        title            tt    string
        category         cat   string
        url              url   string
        first_listed_at  flat  string
        listed_at        lat   string
        timestamp        tms   integer
        stream_type      st    string
        body             bd    string?
        """),
    IndicatorEvent: _table("""
        type                  ty      string
        code                  cd      string
        timeframe             tf      string
        indicator             ind     string
        params                p       object
        candle_date_time_utc  cdttmu  string
        value                 v       object
        timestamp             tms     integer
        stream_type           st      string
        """),
    IndicatorSignalEvent: _table("""
        type                  ty      string
        code                  cd      string
        timeframe             tf      string
        indicator             ind     string
        params                p       object
        trigger               tr      string
        event_params          ep      object
        candle_date_time_utc  cdttmu  string
        value                 v       object
        timestamp             tms     integer
        stream_type           st      string
        """),
}
"""DEFAULT name, SIMPLE name and kind of each field; `?` marks what may be absent or null.

`quotable` is a number that may stand in quotes: so it does in the sample of the SMP guide.
"""

PARTS: dict[type, type] = {OrderbookEvent: OrderbookUnit, MyAssetEvent: Asset}
"""What the one array of an event holds."""

MEMBERS: dict[str, dict[str, str]] = {
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
"""DEFAULT and SIMPLE names within the objects of an indicator's message."""

EVENTS: dict[str, type[BaseWebSocketEvent]] = {
    "ticker": TickerEvent,
    "trade": TradeEvent,
    "orderbook": OrderbookEvent,
    "candle.1m": CandleEvent,
    "myOrder": MyOrderEvent,
    "myAsset": MyAssetEvent,
    "announcement": AnnouncementEvent,
    "indicator": IndicatorEvent,
    "indicator_signal": IndicatorSignalEvent,
}

# From the documentation: one frame of each type in each of the two vocabularies.
DEFAULT = {
    "ticker": (
        '{"type":"ticker","code":"KRW-BTC","opening_price":1.16120E8,"high_price":1.17050E8,'
        '"low_price":1.15800E8,"trade_price":1.16539E8,"prev_closing_price":1.16118E8,'
        '"acc_trade_price":84215533021.4412,"change":"RISE","change_price":421000.0,'
        '"signed_change_price":421000.0,"change_rate":0.0036256222,'
        '"signed_change_rate":0.0036256222,"ask_bid":"BID","trade_volume":0.00077720,'
        '"acc_trade_volume":723.11820433,"trade_date":"20261120","trade_time":"035912",'
        '"trade_timestamp":1795147152418,"acc_ask_volume":351.20411,'
        '"acc_bid_volume":371.91409433,"highest_52_week_price":1.79734E8,'
        '"highest_52_week_date":"2026-01-14","lowest_52_week_price":8.8113E7,'
        '"lowest_52_week_date":"2026-06-02","market_state":"ACTIVE",'
        '"is_trading_suspended":false,"delisting_date":null,"market_warning":"NONE",'
        '"timestamp":1795147152455,"acc_trade_price_24h":203118845120.10231,'
        '"acc_trade_volume_24h":1744.90213377,"stream_type":"SNAPSHOT"}'
    ),
    "trade": (
        '{"type":"trade","code":"KRW-ETH","timestamp":1795147152470,"trade_date":"2026-11-20",'
        '"trade_time":"03:59:12","trade_timestamp":1795147152418,"trade_price":4117000.0,'
        '"trade_volume":0.24290031,"ask_bid":"ASK","prev_closing_price":4098000.0,'
        '"change":"RISE","change_price":19000.0,"sequential_id":17951471524180000,'
        '"best_ask_price":4118000,"best_ask_size":3.11820114,"best_bid_price":4117000,'
        '"best_bid_size":0.98127721,"stream_type":"REALTIME"}'
    ),
    "orderbook": (
        '{"type":"orderbook","code":"KRW-XRP","timestamp":1795147152400,'
        '"total_ask_size":251034.11820000,"total_bid_size":198220.50991032,"orderbook_units":['
        '{"ask_price":3012.0,"bid_price":3011.0,"ask_size":10211.55120000,'
        '"bid_size":8230.10000000},'
        '{"ask_price":3013.0,"bid_price":3010.0,"ask_size":7021.00450000,'
        '"bid_size":15500.77120031}],"stream_type":"SNAPSHOT","level":0}'
    ),
    "candle.1m": (
        '{"type":"candle.1m","code":"KRW-BTC","candle_date_time_utc":"2026-11-20T03:59:00",'
        '"candle_date_time_kst":"2026-11-20T12:59:00","opening_price":1.16500E8,'
        '"high_price":1.16545E8,"low_price":1.16488E8,"trade_price":1.16539E8,'
        '"candle_acc_trade_volume":1.20711832,"candle_acc_trade_price":140650112.0912,'
        '"timestamp":1795147153002,"stream_type":"REALTIME"}'
    ),
    "myOrder": (
        '{"type":"myOrder","code":"KRW-BTC","uuid":"9ca023a5-851b-4fec-9f0a-48cd83c2eaae",'
        '"ask_bid":"BID","order_type":"limit","state":"trade",'
        '"trade_uuid":"3f1c9a52-1f86-4a41-8bbf-0d4cf53f0b11","price":116500000.0,'
        '"avg_price":116500000.0,"volume":0.01,"remaining_volume":0.02,"executed_volume":0.01,'
        '"trades_count":1,"reserved_fee":1747.5,"remaining_fee":1165.0,"paid_fee":582.5,'
        '"locked":2331165.0,"executed_funds":1165000.0,"time_in_force":null,"trade_fee":582.5,'
        '"is_maker":true,"identifier":"bot-000123","smp_type":null,"prevented_volume":0,'
        '"prevented_locked":0,"trade_timestamp":1795147152418,"order_timestamp":1795147100000,'
        '"timestamp":1795147152451,"stream_type":"REALTIME"}'
    ),
    "myAsset": (
        '{"type":"myAsset","asset_uuid":"e635f223-1609-4969-8fb6-4376937baad6",'
        '"assets":[{"currency":"KRW","balance":1386929.37231066771348207123,'
        '"locked":10329.67012768562612817841}],"asset_timestamp":1795147152430,'
        '"timestamp":1795147152453,"stream_type":"REALTIME"}'
    ),
    "announcement": (
        '{"type":"announcement","event_type":"CREATED","uuid":"560000123",'
        '"title":"[점검] 지갑 점검 안내","category":"maintenance",'
        '"url":"https://upbit.com/service_center/notice?id=9001&view=share",'
        '"first_listed_at":"2026-11-20T13:00:00+09:00","listed_at":"2026-11-20T13:00:00+09:00",'
        '"timestamp":1795147200123,"stream_type":"REALTIME"}'
    ),
    "indicator": (
        '{"type":"indicator","code":"KRW-BTC","timeframe":"15m","indicator":"bollinger_bands",'
        '"params":{"period":20,"multiplier":2.0},"candle_date_time_utc":"2026-11-20T03:45:00",'
        '"value":{"bb_upper":117020345.12,"bb_middle":116411000.5,"bb_lower":115801655.88},'
        '"timestamp":1795147200410,"stream_type":"REALTIME"}'
    ),
    "indicator_signal": (
        '{"type":"indicator_signal","code":"KRW-ETH","timeframe":"60m","indicator":"rsi",'
        '"params":{"period":14},"trigger":"overbought","event_params":{"threshold":70},'
        '"candle_date_time_utc":"2026-11-20T03:00:00","value":{"rsi":70.84},'
        '"timestamp":1795147200512,"stream_type":"REALTIME"}'
    ),
}
SIMPLE = {
    "ticker": (
        '{"ty":"ticker","cd":"KRW-BTC","op":116120000,"hp":117050000,"lp":115800000,'
        '"tp":116539000,"pcp":116118000,"atp":84215533021.4412,"c":"RISE","cp":421000,'
        '"scp":421000,"cr":0.0036256222,"scr":0.0036256222,"ab":"BID","tv":7.772E-4,'
        '"atv":723.11820433,"tdt":"20261120","ttm":"035912","ttms":1795147152418,'
        '"aav":351.20411,"abv":371.91409433,"h52wp":179734000,"h52wdt":"2026-01-14",'
        '"l52wp":88113000,"l52wdt":"2026-06-02","ms":"ACTIVE","its":false,"dd":null,'
        '"mw":"NONE","tms":1795147152455,"atp24h":203118845120.10231,'
        '"atv24h":1744.90213377,"st":"REALTIME"}'
    ),
    "trade": (
        '{"ty":"trade","cd":"KRW-ETH","tms":1795147152470,"td":"2026-11-20","ttm":"03:59:12",'
        '"ttms":1795147152418,"tp":4117000,"tv":0.24290031,"ab":"ASK","pcp":4098000,"c":"RISE",'
        '"cp":19000,"sid":17951471524180000,"bap":4118000,"bas":3.11820114,"bbp":4117000,'
        '"bbs":0.98127721,"st":"REALTIME"}'
    ),
    "orderbook": (
        '{"ty":"orderbook","cd":"KRW-XRP","tms":1795147152400,"tas":251034.1182,'
        '"tbs":198220.50991032,"obu":[{"ap":3012,"bp":3011,"as":10211.5512,"bs":8230.1},'
        '{"ap":3013,"bp":3010,"as":7021.0045,"bs":15500.77120031}],"st":"REALTIME","lv":0}'
    ),
    "candle.1m": (
        '{"ty":"candle.1m","cd":"KRW-BTC","cdttmu":"2026-11-20T03:59:00",'
        '"cdttmk":"2026-11-20T12:59:00","op":116500000,"hp":116545000,"lp":116488000,'
        '"tp":116539000,"catv":1.20711832,"catp":140650112.0912,"tms":1795147153002,'
        '"st":"REALTIME"}'
    ),
    "myOrder": (
        '{"ty":"myOrder","cd":"KRW-BTC","uid":"9ca023a5-851b-4fec-9f0a-48cd83c2eaae",'
        '"ab":"BID","ot":"limit","s":"wait","tuid":null,"p":116500000.0,"ap":0.0,"v":0.03,'
        '"rv":0.03,"ev":0.0,"tc":0,"rsf":1747.5,"rmf":1747.5,"pf":0.0,"l":3496747.5,"ef":0.0,'
        '"tif":null,"tf":null,"im":null,"id":"bot-000123","smpt":null,"pv":0,"pl":0,'
        '"ttms":1795147100000,"otms":1795147100000,"tms":1795147100022,"st":"REALTIME"}'
    ),
    "myAsset": (
        '{"ty":"myAsset","astuid":"e635f223-1609-4969-8fb6-4376937baad6","ast":[{"cu":"KRW",'
        '"b":1386929.37231066771348207123,"l":10329.67012768562612817841}],'
        '"asttms":1795147152430,"tms":1795147152453,"st":"REALTIME"}'
    ),
    "announcement": (
        '{"ty":"announcement","et":"UPDATED","uid":"560000123","tt":"[점검] 지갑 점검 안내",'
        '"cat":"maintenance",'
        '"url":"https://upbit.com/service_center/notice?id=9001&view=share",'
        '"flat":"2026-11-20T13:00:00+09:00","lat":"2026-11-20T13:20:00+09:00",'
        '"tms":1795148400311,"st":"REALTIME","bd":"## 점검 안내\\n- 시작 14:00"}'
    ),
    "indicator": (
        '{"ty":"indicator","cd":"KRW-BTC","tf":"15m","ind":"rsi","p":{"p":14},'
        '"cdttmu":"2026-11-20T03:45:00","v":{"rsi":61.27},"tms":1795147200410,"st":"REALTIME"}'
    ),
    "indicator_signal": (
        '{"ty":"indicator_signal","cd":"KRW-ETH","tf":"60m","ind":"macd","p":{"f":12,"s":26,'
        '"sgp":9},"tr":"golden_cross","ep":{},"cdttmu":"2026-11-20T03:00:00",'
        '"v":{"macd":1820.4,"macds":1790.1,"hist":30.3},"tms":1795147200512,"st":"REALTIME"}'
    ),
}
DOCUMENTED = [
    pytest.param(kind, frame, id=f"{kind}-{vocabulary}")
    for vocabulary, frames in (("DEFAULT", DEFAULT), ("SIMPLE", SIMPLE))
    for kind, frame in frames.items()
]


AGREEING = ["ticker", "trade", "orderbook", "candle.1m", "myAsset"]
"""Types of which the documentation shows the same event in both vocabularies."""


def simple_from(default: str, event: type) -> str:
    """Derived by a rule: the DEFAULT message with each name replaced by its SIMPLE one."""
    renamed: dict[str, str] = {}
    for name, text in members(default).items():
        short, kind = FIELDS[event][name]
        if kind == "array":
            parts = msgspec.json.decode(text, type=list[msgspec.Raw])
            shortened = (simple_from(bytes(part).decode(), PARTS[event]) for part in parts)
            text = f"[{','.join(shortened)}]"
        elif kind == "object":
            text = text_of({MEMBERS[name][each]: value for each, value in members(text).items()})
        renamed[short] = text
    return text_of(renamed)


def members(text: str) -> dict[str, str]:
    """The members of a JSON object, each with its value as it is spelled."""
    raw = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    return {name: bytes(value).decode() for name, value in raw.items()}


def text_of(parts: Mapping[str, str]) -> str:
    """The JSON object of such members."""
    return "{" + ",".join(f'"{name}":{value}' for name, value in parts.items()) + "}"


def altered(text: str, name: str, literal: str) -> str:
    """Derived by a rule: a frame with the value of one member replaced, also within a part."""
    value = r'(?:"[^"]*"|\{[^}]*\}|[^,\[\]}]+|\[.*\])'
    changed, count = re.subn(f'"{name}":{value}', lambda _: f'"{name}":{literal}', text, count=1)
    assert count == 1, f"no {name} in {text}"
    return changed


def undecoded(frame: str | bytes) -> BaseWebSocketEvent:
    """The event of a frame that holds just one, not decoded yet."""
    (event,) = Upbit().classify(frame.encode() if isinstance(frame, str) else frame)
    assert isinstance(event, BaseWebSocketEvent)
    return event


def decoded(frame: str | bytes) -> Any:
    """The event of a frame that holds just one. (Any: the tests know which one it is.)"""
    event = undecoded(frame)
    event._arrive(RECEIVED_NS, None)
    event.check()
    return event


def assert_equals_wire(event: BaseWebSocketEvent, text: str) -> None:
    """Every field of the event is exactly what its text says, digit by digit."""
    wire = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    _assert_fields_equal(event, wire, short="ty" in wire)


def written_out(number: Decimal) -> Decimal:
    """The number as events give it: every digit, and a power of ten multiplied in."""
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)
    return Decimal(f"{number:f}") if 0 < exponent < 30 else number


def _assert_fields_equal(view: Any, wire: dict[str, Any], *, short: bool) -> None:
    for default, (simple, kind) in FIELDS[type(view)].items():
        told = wire.get(simple if short else default)
        value = getattr(view, "symbol" if default == "code" else default)
        if kind == "array":
            assert told is not None
            assert len(value) == len(told)
            for part, told_part in zip(value, told, strict=True):
                _assert_fields_equal(part, told_part, short=short)
        elif kind == "object":
            assert told is not None
            names = {(shown if short else name): name for name, shown in MEMBERS[default].items()}
            assert dict(value) == {names[name]: each for name, each in told.items()}
        elif told is None:
            assert value is None
            assert kind.endswith("?")
        elif kind == "integer":
            assert type(value) is int
            assert Decimal(value) == told
        elif kind.startswith(("number", "quotable")):
            assert type(value) is Decimal
            assert value.as_tuple() == written_out(Decimal(told)).as_tuple()
        else:
            assert type(value) is type(told)
            assert value == told
