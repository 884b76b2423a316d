"""A request's text: read on each endpoint, under settings old and new. Only `Refused` may come."""

from tickwire.simulator.switches import Switches
from tickwire.simulator.wire.endpoints import PATHS, read_message
from tickwire.simulator.wire.request import Refused, Subscribe

__all__ = ["SEEDS", "WORDS", "target"]

# Short forms of the examples of docs.upbit.com (2026-09).
SEEDS: tuple[str, ...] = (
    '[{"ticket":"t1"},{"type":"ticker","codes":["KRW-BTC"]}]',
    '[{"ticket":"t1"},{"type":"trade","codes":["KRW-BTC","KRW-ETH"]},'
    '{"type":"orderbook","codes":["KRW-BTC.15"],"is_only_realtime":true},{"format":"SIMPLE"}]',
    '[{"ticket":"t1"},{"type":"orderbook","codes":["KRW-BTC"],"level":10000},'
    '{"type":"orderbook","codes":["KRW-BTC.5"],"level":"0"},{"format":"JSON_LIST"}]',
    '[{"ticket":"t1"},{"format":"SIMPLE_LIST"},{"type":"candle.1s","codes":["KRW-BTC"],'
    '"isOnlySnapshot":true},{"type":"candle.240m","codes":["BTC-ETH"]}]',
    '[{"ticket":"t1"},{"method":"LIST_SUBSCRIPTIONS"},{"format":"DEFAULT"}]',
    '[{"method":"LIST_SUBSCRIPTIONS"},{"ticket":"t1"}]',
    '[{"ticket":"t1"},{"type":"myOrder","codes":["KRW-BTC"]},{"type":"myAsset"}]',
    '[{"ticket":"t1"},{"type":"myOrder"},{"type":"announcement","categories":["notice","trade"],'
    '"include_body":true}]',
    '[{"ticket":"t9"},{"type":"indicator","codes":["KRW-BTC"],"timeframe":"15m","indicators":'
    '[{"type":"rsi","params":{"period":14}},{"type":"bollinger_bands","params":{"period":20,'
    '"multiplier":2.0}}]},{"type":"indicator_signal","codes":["KRW-BTC","KRW-ETH"],"timeframe":'
    '"60m","indicators":[{"type":"rsi","params":{"period":14},"trigger":"overbought",'
    '"event_params":{"threshold":70}}]},{"format":"DEFAULT"}]',
    '[{"ticket":"t9"},{"type":"indicator","codes":["KRW-BTC"],"timeframe":"1d","indicators":'
    '[{"type":"macd","params":{"fast":12,"slow":26,"signal_period":9}},{"type":"ma_crossover",'
    '"params":{"type":"SMA","short_period":5,"long_period":20}},{"type":"volume","params":'
    '{"period":10}},{"type":"moving_average","params":{"type":"EMA","period":7}}]}]',
    # Text that JSON can spell and UTF-8 cannot, where the exchange repeats what it was told.
    '[{"ticket":"\\ud800"},{"method":"LIST_SUBSCRIPTIONS"}]',
    '[{"ticket":"t1"},{"type":"\\ud800","codes":["KRW-BTC"]}]',
    '[{"ticket":"t1"},{"type":"ticker","codes":["\\ud800","KRW-BTC"]}]',
    "PING",
)

WORDS: tuple[str, ...] = (
    "ticket", "type", "codes", "format", "method", "level", "timeframe", "indicators", "params",
    "trigger", "event_params", "categories", "include_body", "is_only_snapshot", "isOnlySnapshot",
    "is_only_realtime", "isOnlyRealtime", "LIST_SUBSCRIPTIONS", "DEFAULT", "SIMPLE", "JSON_LIST",
    "SIMPLE_LIST", "ticker", "trade", "orderbook", "candle.1s", "candle.240m", "myOrder", "myAsset",
    "announcement", "indicator", "indicator_signal", "KRW-BTC", "KRW-ETH", "BTC-ETH", "USDT-BTC",
    "KRW-BTC.5", "rsi", "macd", "volume", "bollinger_bands", "moving_average", "ma_crossover",
    "period", "multiplier", "threshold", "short_period", "long_period", "fast", "slow",
    "signal_period", "SMA", "EMA", "overbought", "golden_cross", "volume_spike", "15m", "1d",
    "PING", "ping", "1E-8", "Infinity", "NaN",
)  # fmt: skip

_ALL_SWITCHES = (
    Switches(),
    Switches(
        english_messages=True,
        public_types_everywhere=True,
        camel_case_flags=False,
        both_flags="WRONG_FORMAT",
        empty_codes="nothing",
        unknown_keys_refused=True,
        unknown_format="INVALID_PARAM",
        method_beside_types_refused=True,
        request_bytes=4096,
    ),
)


def target(data: bytes) -> None:
    # As the server reads what is not text.
    text = data.decode(errors="replace")
    for endpoint in PATHS:
        for switches in _ALL_SWITCHES:
            try:
                request = read_message(text, endpoint, switches)
            except Refused as refused:
                assert refused.message()
                assert refused.message(english=True)
                continue
            if isinstance(request, Subscribe):
                assert request.wishes
                for wish in request.wishes:
                    # As the exchange files it, and as it lists it.
                    hash(wish)
                    for short in (False, True):
                        assert wish.listed(short=short)
                    assert wish.report()
