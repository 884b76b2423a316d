"""Indicators: what may be asked for, what the formulas give, when a signal fires."""

import json
import statistics
from collections.abc import Sequence
from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from tests.simulator.desk import START_NS, Desk, said
from tests.simulator.raw import ACCESS, SECRET, bearer
from tickwire.simulator.dates import DAY_MS, written
from tickwire.simulator.info.indicator_bars import Bar, MarketBars
from tickwire.simulator.info.indicator_math import (
    bars_needed,
    bollinger_bands,
    ema,
    macd,
    rsi,
    sides,
    sma,
    values,
)
from tickwire.simulator.info.indicator_rules import TIMEFRAMES_MS, Asked, read_asked
from tickwire.simulator.info.indicators import (
    MOST_COMBINATIONS,
    Indicators,
    IndicatorWish,
    read_wish,
)
from tickwire.simulator.market.instruments import instruments
from tickwire.simulator.market.timeline import Timeline
from tickwire.simulator.rest.quotation import Quotation
from tickwire.simulator.spelling import UNIT
from tickwire.simulator.wire.formats import DEFAULT, FORMATS
from tickwire.simulator.wire.notice import Notice
from tickwire.simulator.wire.request import Refused, Wish
from tickwire.simulator.wire.session import Session
from tickwire.world import Random

START_MS = START_NS // 1_000_000
SPAN = TIMEFRAMES_MS["5m"]
# 04:00:00, 48 seconds after the start: a candle of all but the longest time frames ends.
HOUR_MS = START_MS - START_MS % SPAN + SPAN

RSI: dict[str, Any] = {"type": "rsi", "params": {"period": 14}}
BOUGHT: dict[str, Any] = {
    **RSI,
    "trigger": "overbought",
    "event_params": {"threshold": 70},
}
ABOVE: dict[str, Any] = {
    "type": "moving_average",
    "params": {"type": "SMA", "period": 5},
    "trigger": "price_cross_above",
}


def wish(
    *indicators: dict[str, Any],
    kind: str = "indicator",
    codes: Sequence[str] = ("KRW-BTC",),
    timeframe: str = "5m",
) -> IndicatorWish:
    """What is read of such a request."""
    return read_wish(
        {
            "type": kind,
            "codes": list(codes),
            "timeframe": timeframe,
            "indicators": list(indicators),
        }
    )


def walk(seed: int, count: int) -> list[Decimal]:
    """Prices that wander, now and then not at all."""
    rng = Random(seed)
    price, prices = 1_000, []
    for _ in range(count):
        price += rng.choice((-30, -10, -10, 0, 0, 10, 10, 30))
        prices.append(Decimal(price))
    return prices


def near(ours: Sequence[Decimal], theirs: Sequence[float]) -> None:
    assert [float(one) for one in ours] == pytest.approx(list(theirs), rel=1e-9, abs=1e-9)


# --- the tables


PERIODS = {
    ("volume", "indicator"): set(range(5, 51, 5)),
    ("volume", "indicator_signal"): {10, 20, 50},
    ("rsi", "indicator"): {*range(2, 15), 21, 25},
    ("rsi", "indicator_signal"): {7, 9, 14, 21, 25},
    ("moving_average", "indicator"): {
        *(3, 5, 7, 10, 15, 20, 25, 30, 50, 60, 90, 99, 100, 120, 200),
    },
    ("moving_average", "indicator_signal"): {5, 10, 20, 30, 60, 90, 120, 200},
}
TRIGGERS: dict[str, dict[str, Any]] = {
    "volume": {"trigger": "volume_spike", "event_params": {"multiplier": 3}},
    "rsi": {"trigger": "oversold", "event_params": {"threshold": 30}},
    "moving_average": {"trigger": "price_cross_below"},
    "ma_crossover": {"trigger": "dead_cross"},
    "bollinger_bands": {"trigger": "price_cross_above", "event_params": {}},
    "macd": {"trigger": "zero_cross_below"},
}


def accepted(kind: str, name: str, params: object, **more: object) -> bool:
    """Is this served? If not, it is for its values."""
    try:
        wish({"type": name, "params": params, **TRIGGERS[name], **more}, kind=kind)
    except Refused as refused:
        assert refused.name == "INVALID_PARAM"
        return False
    return True


@pytest.mark.parametrize(("name", "kind"), PERIODS)
def test_a_period_is_one_of_its_row(name: str, kind: str) -> None:
    """Of all periods exactly those of the table are served."""
    extra = {"type": "EMA"} if name == "moving_average" else {}
    served = {n for n in range(-1, 210) if accepted(kind, name, {**extra, "period": n})}
    assert served == PERIODS[name, kind]


@pytest.mark.parametrize("kind", ["indicator", "indicator_signal"])
def test_crossovers_and_macds_come_as_rows(kind: str) -> None:
    """Pairs and triples are served as the table has them, not in other combinations."""
    numbers = (5, 20, 30, 50, 60, 90, 200)
    served = {
        (average, short, long)
        for average, short, long in product(("SMA", "EMA", "sma", "WMA"), numbers, numbers)
        if accepted(
            kind,
            "ma_crossover",
            {"type": average, "short_period": short, "long_period": long},
        )
    }
    pairs = ((5, 20), (20, 60), (30, 90), (50, 200))
    assert served == {(average, *pair) for average in ("SMA", "EMA") for pair in pairs}

    triples = product((5, 8, 12), (17, 26, 35), (5, 9))
    assert {
        (fast, slow, signal)
        for fast, slow, signal in triples
        if accepted(kind, "macd", {"fast": fast, "slow": slow, "signal_period": signal})
    } == {(12, 26, 9), (8, 17, 9), (5, 35, 5)}


def test_bollinger_bands_differ_by_type() -> None:
    """The signal is served for fewer bands than the values are."""
    asked = list(product((10, 20, 50), (1, 1.5, 2, 2.5, 3, 3.5)))
    served = {
        kind: {
            (period, multiplier)
            for period, multiplier in asked
            if accepted(kind, "bollinger_bands", {"period": period, "multiplier": multiplier})
        }
        for kind in ("indicator", "indicator_signal")
    }
    assert served["indicator"] == {one for one in asked if one[1] <= 3}
    assert served["indicator_signal"] == {(20, 1.5), (20, 2), (20, 2.5)}


@pytest.mark.parametrize(
    ("name", "trigger", "event", "allowed"),
    [
        ("volume", "volume_spike", "multiplier", {2, 3, 5}),
        ("rsi", "overbought", "threshold", {70, 80}),
        ("rsi", "oversold", "threshold", {20, 30}),
    ],
)
def test_a_threshold_is_one_of_its_row(
    name: str, trigger: str, event: str, allowed: set[int]
) -> None:
    """Thresholds and multipliers are those of the table."""
    params = {"period": 10 if name == "volume" else 14}
    assert {
        n
        for n in range(-1, 101)
        if accepted("indicator_signal", name, params, trigger=trigger, event_params={event: n})
    } == allowed


@pytest.mark.parametrize(
    ("name", "params", "triggers"),
    [
        ("volume", {"period": 10}, {"volume_spike"}),
        ("rsi", {"period": 14}, {"overbought", "oversold"}),
        (
            "moving_average",
            {"type": "SMA", "period": 5},
            {"price_cross_above", "price_cross_below"},
        ),
        (
            "ma_crossover",
            {"type": "SMA", "short_period": 5, "long_period": 20},
            {"golden_cross", "dead_cross"},
        ),
        (
            "bollinger_bands",
            {"period": 20, "multiplier": 2},
            {"price_cross_above", "price_cross_below"},
        ),
        (
            "macd",
            {"fast": 12, "slow": 26, "signal_period": 9},
            {"golden_cross", "dead_cross", "zero_cross_above", "zero_cross_below"},
        ),
    ],
)
def test_each_indicator_has_its_triggers(
    name: str, params: dict[str, Any], triggers: set[str]
) -> None:
    """A trigger of another indicator is refused, and so is none."""
    events: dict[str, dict[str, int]] = {
        "volume_spike": {"multiplier": 2},
        "overbought": {"threshold": 70},
        "oversold": {"threshold": 30},
    }
    every = {
        *("price_cross_above", "price_cross_below", "golden_cross", "dead_cross"),
        *("zero_cross_above", "zero_cross_below", "nope", *events),
    }
    assert {
        one
        for one in every
        if accepted("indicator_signal", name, params, trigger=one, event_params=events.get(one, {}))
    } == triggers
    assert not accepted("indicator_signal", name, params, trigger=None)


@pytest.mark.parametrize(
    ("indicator", "name"),
    [
        ({"type": "rsi", "params": {"period": "14"}}, "INVALID_PARAM"),
        ({"type": "rsi", "params": {"period": True}}, "INVALID_PARAM"),
        ({"type": "rsi", "params": {"period": None}}, "INVALID_PARAM"),
        ({"type": "rsi", "params": {"period": [14]}}, "INVALID_PARAM"),
        ({"type": "rsi", "params": {"period": 14.5}}, "INVALID_PARAM"),
        ({"type": "rsi", "params": {"period": float("nan")}}, "INVALID_PARAM"),
        ({"type": "rsi", "params": {"period": 14, "more": 1}}, "INVALID_PARAM"),
        ({"type": "rsi", "params": {}}, "INVALID_PARAM"),
        ({"type": "rsi"}, "INVALID_PARAM"),
        ({"type": "rsi", "params": [14]}, "WRONG_FORMAT"),
        ({"type": "RSI", "params": {"period": 14}}, "INVALID_PARAM"),
        ({"type": 7, "params": {"period": 14}}, "INVALID_PARAM"),
        ({"params": {"period": 14}}, "INVALID_PARAM"),
        (
            {"type": "bollinger_bands", "params": {"period": 20, "multiplier": 2.04}},
            "INVALID_PARAM",
        ),
    ],
)
def test_what_is_off_the_tables_is_refused(indicator: dict[str, Any], name: str) -> None:
    """Values are JSON numbers of the table, under exactly the names of the table."""
    with pytest.raises(Refused) as refused:
        wish(indicator)
    assert refused.value.name == name


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"codes": None}, "NO_CODES"),
        ({"codes": []}, "NO_CODES"),
        ({"codes": "KRW-BTC"}, "WRONG_FORMAT"),
        ({"codes": [7]}, "WRONG_FORMAT"),
        ({"timeframe": None}, "INVALID_PARAM"),
        ({"timeframe": "30m"}, "INVALID_PARAM"),
        ({"timeframe": 15}, "WRONG_FORMAT"),
        ({"indicators": None}, "INVALID_PARAM"),
        ({"indicators": []}, "INVALID_PARAM"),
        ({"indicators": RSI}, "WRONG_FORMAT"),
        ({"indicators": ["rsi"]}, "WRONG_FORMAT"),
        ({"type": "indicator_signal", "indicators": [RSI]}, "INVALID_PARAM"),
        (
            {"type": "indicator_signal", "indicators": [{**RSI, "trigger": "overbought"}]},
            "INVALID_PARAM",
        ),
        (
            {
                "type": "indicator_signal",
                "indicators": [{**ABOVE, "event_params": {"threshold": 1}}],
            },
            "INVALID_PARAM",
        ),
    ],
)
def test_a_wrong_wish_is_refused_by_name(changed: dict[str, Any], name: str) -> None:
    """Codes, time frame and indicators are all there and of the right shape."""
    element = {"type": "indicator", "codes": ["KRW-BTC"], "timeframe": "15m", "indicators": [RSI]}
    read_wish(element)
    with pytest.raises(Refused) as refused:
        read_wish({**element, **changed})
    assert refused.value.name == name


def test_equal_numbers_are_one_combination() -> None:
    """2, 2.0 and 2.00 are the same, and the same counts once."""
    spelled = [
        {"type": "bollinger_bands", "params": json.loads(text, parse_float=parse)}
        for text, parse in (
            ('{"period":20,"multiplier":2}', float),
            ('{"multiplier":2.0,"period":20.0}', float),
            ('{"multiplier":2.00,"period":20}', Decimal),
        )
    ]
    one = wish(*spelled, codes=("KRW-BTC", "KRW-ETH", "KRW-BTC"))
    assert len(one.combinations) == 2
    assert len(wish(RSI, *spelled, codes=("KRW-BTC", "KRW-ETH")).combinations) == 4
    assert wish(RSI, timeframe="1d").combinations != wish(RSI).combinations


def test_too_many_combinations_are_not_all_told() -> None:
    """A hundred are exact; of a monstrous wish one more than allowed is enough to see."""
    codes = [f"KRW-X{n}" for n in range(100_000)]
    assert len(wish(RSI, codes=codes[:100]).combinations) == MOST_COMBINATIONS
    assert len(wish(RSI, codes=codes).combinations) == MOST_COMBINATIONS + 1


def test_a_wish_is_listed_in_both_namings() -> None:
    """LIST_SUBSCRIPTIONS shows type, codes, time frame and the indicators."""
    assert wish(BOUGHT, kind="indicator_signal").listed(short=False) == {
        "type": "indicator_signal",
        "codes": ["KRW-BTC"],
        "timeframe": "5m",
        "indicators": [BOUGHT],
    }
    short = wish({"type": "macd", "params": {"fast": 12, "slow": 26, "signal_period": 9}}).listed(
        short=True
    )
    assert short == {
        "ty": "indicator",
        "cds": ["KRW-BTC"],
        "tf": "5m",
        "inds": [{"ty": "macd", "p": {"f": 12, "s": 26, "sgp": 9}}],
    }
    json.dumps(wish(BOUGHT, kind="indicator_signal").report())


# --- the formulas


@pytest.mark.parametrize("period", [2, 5, 14])
@pytest.mark.parametrize("seed", range(3))
def test_the_averages_are_those_of_the_textbook(seed: int, period: int) -> None:
    """Plain and exponential means, and bands of the population's standard deviation."""
    closes = walk(seed, 60)
    plain = [float(one) for one in closes]
    windows = [plain[end - period : end] for end in range(period, 61)]
    near(sma(closes, period), [statistics.fmean(window) for window in windows])

    weight = 2 / (period + 1)
    smooth = [statistics.fmean(plain[:period])]
    for close in plain[period:]:
        smooth.append(weight * close + (1 - weight) * smooth[-1])
    near(ema(closes, period), smooth)

    bands = bollinger_bands(closes, period, Decimal("1.5"))
    for (upper, middle, lower), window in zip(bands, windows, strict=True):
        mean, deviation = statistics.fmean(window), statistics.pstdev(window)
        near((upper, middle, lower), (mean + 1.5 * deviation, mean, mean - 1.5 * deviation))


@pytest.mark.parametrize("period", [2, 7, 14])
@pytest.mark.parametrize("seed", range(3))
def test_rsi_is_wilders(seed: int, period: int) -> None:
    """Mean gain against mean loss, smoothed with one n-th."""
    closes = [float(one) for one in walk(seed, 60)]
    changes = [closes[n] - closes[n - 1] for n in range(1, 60)]
    gain = sum(max(change, 0) for change in changes[:period]) / period
    loss = sum(max(-change, 0) for change in changes[:period]) / period
    expected = []
    for change in [None, *changes[period:]]:
        if change is not None:
            gain = (gain * (period - 1) + max(change, 0)) / period
            loss = (loss * (period - 1) + max(-change, 0)) / period
        if gain + loss == 0:
            expected.append(50.0)
        else:
            expected.append(100 - 100 / (1 + gain / loss) if loss else 100.0)
    near(rsi(walk(seed, 60), period), expected)


def test_rsi_knows_its_ends() -> None:
    """Only gains are 100, only losses 0, no move at all is in the middle."""
    up = [Decimal(n) for n in range(1, 20)]
    assert rsi(up, 14)[-1] == 100
    assert rsi(up[::-1], 14)[-1] == 0
    assert rsi([Decimal(5)] * 20, 14)[-1] == 50
    assert rsi(up[:14], 14) == []


def test_macd_is_the_difference_of_two_averages() -> None:
    """Line, signal line and histogram, from where the signal line begins."""
    closes = walk(4, 90)

    def smooth(numbers: list[float], period: int) -> dict[int, float]:
        found = {period - 1: statistics.fmean(numbers[:period])}
        for n in range(period, len(numbers)):
            found[n] = found[n - 1] + (numbers[n] - found[n - 1]) * 2 / (period + 1)
        return found

    plain = [float(one) for one in closes]
    fast, slow = smooth(plain, 12), smooth(plain, 26)
    line = [fast[n] - slow[n] for n in range(25, 90)]
    signal = smooth(line, 9)
    rows = macd(closes, 12, 26, 9)
    assert len(rows) == len(signal) == 90 - 25 - 8
    for row, n in zip(rows, sorted(signal), strict=True):
        near(row, (line[n], signal[n], line[n] - signal[n]))


def test_a_volume_is_measured_against_those_before() -> None:
    """Volume, mean of the period before it, ratio; nothing before gives no ratio."""
    asked = read_asked({"type": "volume", "params": {"period": 5}}, signal=False)
    volumes = [Decimal(n) for n in (1, 2, 3, 4, 5, 12)]
    assert values(asked, volumes, volumes) == [(Decimal(12), Decimal(3), Decimal(4))]
    silent = [Decimal(0)] * 5 + [Decimal(1)]
    assert values(asked, silent, silent) == [(Decimal(1), Decimal(0), Decimal(0))]


@pytest.mark.parametrize("name", TRIGGERS)
def test_every_indicator_has_values_from_what_it_needs(name: str) -> None:
    """The candles that an indicator says it needs give it a value and a state before."""
    params: dict[str, dict[str, Any]] = {
        "volume": {"period": 50},
        "rsi": {"period": 25},
        "moving_average": {"type": "EMA", "period": 200},
        "ma_crossover": {"type": "SMA", "short_period": 50, "long_period": 200},
        "bollinger_bands": {"period": 20, "multiplier": 2.5},
        "macd": {"fast": 5, "slow": 35, "signal_period": 5},
    }
    asked = read_asked({"type": name, "params": params[name], **TRIGGERS[name]}, signal=True)
    closes = walk(1, bars_needed(asked))
    rows = values(asked, closes, closes)
    assert len(rows) > 10
    assert len(sides(asked, rows, closes)) == len(rows)
    assert values(asked, closes[:3], closes[:3]) == []


@pytest.mark.parametrize(
    ("indicator", "row", "close", "side"),
    [
        (BOUGHT, ("70",), 1, 1),
        (BOUGHT, ("69.9",), 1, -1),
        ({**RSI, "trigger": "oversold", "event_params": {"threshold": 30}}, ("30",), 1, 1),
        ({**RSI, "trigger": "oversold", "event_params": {"threshold": 30}}, ("30.1",), 1, -1),
        (ABOVE, ("10",), 11, 1),
        (ABOVE, ("10",), 10, 0),
        (ABOVE, ("10",), 9, -1),
        ({**ABOVE, "trigger": "price_cross_below"}, ("10",), 9, 1),
    ],
)
def test_the_line_belongs_to_rsi_and_to_nobody_else(
    indicator: dict[str, Any], row: tuple[str, ...], close: int, side: int
) -> None:
    """At equality rsi is true; a crossing is neither here nor there."""
    asked = read_asked(indicator, signal=True)
    assert sides(asked, [tuple(map(Decimal, row))], [Decimal(close)]) == [side]


def _asked(name: str, params: dict[str, Any], trigger: str, **event: int) -> Asked:
    return read_asked(
        {"type": name, "params": params, "trigger": trigger, "event_params": event}, signal=True
    )


PAIR = {"type": "SMA", "short_period": 5, "long_period": 20}
TRIPLE = {"fast": 12, "slow": 26, "signal_period": 9}
BANDS = {"period": 20, "multiplier": 2}


@pytest.mark.parametrize(
    ("asked", "row", "expected"),
    [
        (_asked("ma_crossover", PAIR, "golden_cross"), (2, 1), 1),
        (_asked("ma_crossover", PAIR, "dead_cross"), (2, 1), -1),
        (_asked("ma_crossover", PAIR, "dead_cross"), (1, 1), 0),
        (_asked("macd", TRIPLE, "golden_cross"), (-1, -2, 1), 1),
        (_asked("macd", TRIPLE, "dead_cross"), (-1, -2, 1), -1),
        (_asked("macd", TRIPLE, "zero_cross_above"), (-1, -2, 1), -1),
        (_asked("macd", TRIPLE, "zero_cross_below"), (-1, -2, 1), 1),
        (_asked("macd", TRIPLE, "zero_cross_below"), (0, 0, 0), 0),
        (_asked("bollinger_bands", BANDS, "price_cross_above"), (6, 5, 4), 1),
        (_asked("bollinger_bands", BANDS, "price_cross_above"), (7, 5, 3), 0),
        (_asked("bollinger_bands", BANDS, "price_cross_below"), (9, 8, 7), 0),
        (_asked("bollinger_bands", BANDS, "price_cross_below"), (10, 9, 8), 1),
        (_asked("volume", {"period": 10}, "volume_spike", multiplier=3), (6, 2, 3), 1),
        (_asked("volume", {"period": 10}, "volume_spike", multiplier=3), (5, 2, 2), -1),
        (_asked("volume", {"period": 10}, "volume_spike", multiplier=3), (5, 0, 0), -1),
    ],
)
def test_each_trigger_has_its_side(asked: Asked, row: tuple[int, ...], expected: int) -> None:
    """What each condition compares; the price is 7."""
    assert sides(asked, [tuple(map(Decimal, row))], [Decimal(7)]) == [expected]


# --- time


class Script:
    """Candles as a test wants them: closes by their number after the first."""

    def __init__(self, closes: Sequence[int], first_ms: int) -> None:
        self.bars = [
            Bar(first_ms + n * SPAN, close * UNIT, (n + 1) * UNIT) for n, close in enumerate(closes)
        ]
        self.asked: list[tuple[str, str, int, int]] = []

    def __call__(self, code: str, timeframe: str, end_ms: int, count: int) -> list[Bar]:
        self.asked.append((code, timeframe, end_ms, count))
        return [bar for bar in self.bars if bar.start_ms + SPAN <= end_ms][-count:]


def scripted(closes: Sequence[int], shown: int) -> tuple[Indicators, Script]:
    """Indicators over these closes, all but the last `shown` of them before the start."""
    script = Script(closes, HOUR_MS - SPAN * (len(closes) - shown + 1))
    markets = {one.code: one for one in Timeline(instruments(12), 1, START_MS).markets}
    return Indicators(markets, now_ms=START_MS, bars=script), script


def decoded(notices: Sequence[Notice], for_wish: Wish, form: str = "DEFAULT") -> list[Any]:
    frames = [notice.frame_for(for_wish, None, FORMATS[form]) for notice in notices]
    return [json.loads(frame, parse_float=Decimal) for frame in frames if frame is not None]


def test_values_come_once_a_candle_has_closed() -> None:
    """One message for each combination, soon after the end, however time is cut."""
    sma5 = {"type": "moving_average", "params": {"type": "SMA", "period": 5}}
    asked = wish(sma5, RSI, codes=("KRW-BTC", "KRW-ETH", "BTC-ETH", "KRW-NOPE", "krw-btc"))
    for step_ms in (7, 100, 1_000, 30_000):
        indicators, _ = scripted([*range(1, 41)], shown=1)
        indicators.want([asked, Wish(type="ticker", codes=("KRW-XRP",))])
        heard: list[tuple[int, Any]] = []
        now = START_MS
        while now < HOUR_MS + 60_000:
            now += step_ms
            heard += [(now, one) for one in decoded(indicators.step(now), asked)]
        assert {now - one["timestamp"] < step_ms for now, one in heard} == {True}
        assert [(one["code"], one["indicator"]) for _, one in heard] == [
            (code, name) for code in ("KRW-BTC", "KRW-ETH") for name in ("moving_average", "rsi")
        ]
        assert heard[0][1] == {
            "type": "indicator",
            "code": "KRW-BTC",
            "timeframe": "5m",
            "indicator": "moving_average",
            "params": {"type": "SMA", "period": 5},
            "candle_date_time_utc": "2026-11-20T03:55:00",
            "value": {"value": Decimal("38.0")},
            "timestamp": HOUR_MS + 400,
            "stream_type": "REALTIME",
        }


def test_nothing_wished_for_costs_nothing() -> None:
    """Candles are asked for only for whom somebody waits."""
    indicators, script = scripted([*range(1, 41)], shown=5)
    assert indicators.step(HOUR_MS + 1_000) == []
    indicators.want([wish(RSI)])
    assert len(indicators.step(HOUR_MS + SPAN + 400)) == 1
    indicators.want([])
    assert indicators.step(HOUR_MS + 2 * SPAN + 400) == []
    assert len(script.asked) == 1


def test_a_period_without_a_trade_says_nothing() -> None:
    """No candle, no message; the next candle has one."""
    indicators, script = scripted([*range(1, 41)], shown=3)
    indicators.want([wish(RSI)])
    del script.bars[-2]
    heard = [len(indicators.step(HOUR_MS + n * SPAN + 400)) for n in range(4)]
    assert heard == [1, 0, 1, 0]


def fired(closes: Sequence[int], shown: int, indicator: dict[str, Any]) -> list[int]:
    """Which of the last `shown` candles give a signal."""
    indicators, _ = scripted(closes, shown)
    asked = wish(indicator, kind="indicator_signal")
    indicators.want([asked])
    heard = []
    for n in range(shown):
        # To wish for the same again, or for more beside it, changes nothing.
        indicators.want([asked, wish(RSI)])
        for one in decoded(indicators.step(HOUR_MS + n * SPAN + 400), asked):
            assert (one["type"], one["trigger"]) == ("indicator_signal", indicator["trigger"])
            heard.append(n)
    return heard


def test_a_signal_is_the_step_from_false_to_true() -> None:
    """It is not repeated while true, and comes again after it was false."""
    below = [10] * 30 + [9]
    assert fired([*below, 20, 21, 22, 1, 30], 5, ABOVE) == [0, 4]


def test_equality_keeps_the_state_before() -> None:
    """On the line nothing changes: neither does it fire there, nor is what was true forgotten."""
    # One close off the rest leaves the others on its far side, then level with the mean.
    level = [10] * 5
    assert fired([*[10] * 30, 11, *level, 12], 2, ABOVE) == [1]
    assert fired([*[10] * 30, 9, *level, 12], 2, ABOVE) == []
    # A market that has always stood still has no state to come from.
    assert fired([*[10] * 40, 12], 2, ABOVE) == []


def test_the_first_state_comes_from_the_candles_before() -> None:
    """What was true already when it was wished for is no news."""
    assert fired([*range(1, 60)], 3, BOUGHT) == []
    assert fired([*range(100, 40, -1), 200], 2, BOUGHT) == [1]


def test_of_a_long_step_the_end_happens() -> None:
    """A host that slept gets one message, not one for every candle that it missed."""
    indicators, _ = scripted([*range(1, 61)], shown=12)
    indicators.want([wish(RSI)])
    notices = indicators.step(HOUR_MS + 10 * SPAN + 5_000)
    assert [one["timestamp"] for one in decoded(notices, wish(RSI))] == [HOUR_MS + 10 * SPAN + 400]


# --- texts


def test_the_four_formats_say_the_same() -> None:
    """The short names are those of the page, the lists have one element."""
    indicators, _ = scripted([*range(1_000, 900, -1), 2_000], shown=1)
    every = [
        {"type": "volume", "params": {"period": 10}},
        RSI,
        {"type": "moving_average", "params": {"type": "EMA", "period": 3}},
        {"type": "ma_crossover", "params": PAIR},
        {"type": "bollinger_bands", "params": BANDS},
        {"type": "macd", "params": TRIPLE},
    ]
    values_asked, signals = wish(*every), wish(BOUGHT, kind="indicator_signal")
    names = {
        **{"type": "ty", "code": "cd", "timeframe": "tf", "indicator": "ind", "params": "p"},
        **{"candle_date_time_utc": "cdttmu", "value": "v", "timestamp": "tms"},
        **{"stream_type": "st", "trigger": "tr", "event_params": "ep"},
    }
    inner = {
        **{"volume": "vol", "avg_volume": "av", "ratio": "rto", "rsi": "rsi", "value": "value"},
        **{"ma_short": "mas", "ma_long": "mal", "bb_upper": "bbu", "bb_middle": "bbm"},
        **{"bb_lower": "bbl", "macd": "macd", "macd_signal": "macds", "histogram": "hist"},
        **{"period": "p", "type": "t", "short_period": "shp", "long_period": "lop"},
        **{"multiplier": "m", "fast": "f", "slow": "s", "signal_period": "sgp"},
        **{"threshold": "th"},
    }
    indicators.want([values_asked, signals])
    notices = indicators.step(HOUR_MS + 400)
    for asked, count in ((values_asked, 6), (signals, 1)):
        long, short, listed, short_listed = (decoded(notices, asked, form) for form in FORMATS)
        assert len(long) == count
        assert listed == [[one] for one in long]
        assert short_listed == [[one] for one in short]
        for one, other in zip(long, short, strict=True):
            expected = [
                (
                    names[key],
                    {inner[name]: value for name, value in member.items()}
                    if isinstance(member, dict)
                    else member,
                )
                for key, member in one.items()
            ]
            assert list(other.items()) == expected


def test_the_texts_are_those_of_the_page() -> None:
    """Key order and spelling, to the letter."""
    indicators, _ = scripted([100] * 60, shown=1)
    asked = wish({"type": "bollinger_bands", "params": {"period": 20.0, "multiplier": 2}})
    indicators.want([asked])
    (notice,) = indicators.step(HOUR_MS + 400)
    assert notice.frame_for(asked, "key", DEFAULT) == (
        b'{"type":"indicator","code":"KRW-BTC","timeframe":"5m","indicator":"bollinger_bands",'
        b'"params":{"period":20,"multiplier":2.0},"candle_date_time_utc":"2026-11-20T03:55:00",'
        b'"value":{"bb_upper":100.0,"bb_middle":100.0,"bb_lower":100.0},'
        b'"timestamp":1795147200400,"stream_type":"REALTIME"}'
    )
    assert notice.frame_for(wish(RSI), None, DEFAULT) is None
    assert notice.frame_for(Wish(type="ticker", codes=("KRW-BTC",)), None, DEFAULT) is None
    assert notice.frame_for(asked, None, DEFAULT) is notice.frame_for(asked, None, DEFAULT)


def test_a_volume_spike_writes_its_multiplier_short() -> None:
    """The multiplier of a trigger has another short name than that of a parameter."""
    spike = {
        **{"type": "volume", "params": {"period": 10}, "trigger": "volume_spike"},
        "event_params": {"multiplier": 2.0},
    }
    indicators, script = scripted([100] * 60, shown=1)
    script.bars[-1] = script.bars[-1]._replace(volume=1_000 * UNIT)
    asked = wish(spike, kind="indicator_signal")
    indicators.want([asked])
    (one,) = decoded(indicators.step(HOUR_MS + 400), asked, "SIMPLE")
    assert (one["tr"], one["ep"], one["p"]) == ("volume_spike", {"mul": 2}, {"p": 10})


# --- over markets


def run(step_ms: int, wished_after_ms: int = 0) -> list[Any]:
    """Real markets over one end of candles, the wish made somewhat later."""
    timeline = Timeline(instruments(12), 3, START_MS)
    markets = {one.code: one for one in timeline.markets}
    indicators = Indicators(markets, now_ms=START_MS)
    close = {"type": "moving_average", "params": {"type": "EMA", "period": 200}}
    volume = {"type": "volume", "params": {"period": 5}}
    frames = [wish(close, volume, timeframe=one) for one in TIMEFRAMES_MS]
    heard, now = [], START_MS
    while now < HOUR_MS + 3_000:
        if now - START_MS >= wished_after_ms:
            indicators.want(frames)
            wished_after_ms = 1 << 40
        now += step_ms
        for _ in timeline.step(now):
            pass
        notices = indicators.step(now)
        for one in frames:
            heard += decoded(notices, one)
    return heard


def test_markets_give_the_same_however_time_is_cut() -> None:
    """Values follow from seed and trades, not from the steps or the moment of the wish."""
    heard = run(100)
    assert [(one["timeframe"], one["indicator"]) for one in heard] == [
        (frame, name)
        for frame in ("5m", "15m", "60m", "240m")
        for name in ("moving_average", "volume")
    ]
    assert run(1_000) == heard
    assert run(6_000) == heard
    assert run(100, wished_after_ms=40_000) == heard


PATHS = {frame: f"/v1/candles/minutes/{frame.removesuffix('m')}" for frame in TIMEFRAMES_MS}
PATHS["1d"] = "/v1/candles/days"


@pytest.mark.parametrize("timeframe", TIMEFRAMES_MS)
def test_the_candles_are_those_of_the_rest_api(timeframe: str) -> None:
    """Who computes an indicator from REST candles gets what the stream tells."""
    timeline = Timeline(instruments(12), 3, START_MS)
    markets = {one.code: one for one in timeline.markets}
    quotation = Quotation(instruments(12), markets)
    bars, now = MarketBars(markets), START_MS
    midnight_ms = START_MS - START_MS % DAY_MS + DAY_MS
    for now in (START_MS, HOUR_MS + 5_000, HOUR_MS + 30_000, midnight_ms + 30_000):
        for _ in timeline.step(now):
            pass
        end_ms = now - now % TIMEFRAMES_MS[timeframe]
        for code in ("KRW-BTC", "KRW-ADA"):
            bars(code, timeframe, end_ms, 30)
            query = {"market": code, "count": "200", "to": f"{written(end_ms).utc}Z"}
            answer = quotation.answer(PATHS[timeframe], query, now)
            told = json.loads(answer.text, parse_float=Decimal, parse_int=Decimal)
            assert [
                (written(bar.start_ms).utc, bar.close, bar.volume)
                for bar in bars(code, timeframe, end_ms, 200)
            ] == [
                (
                    one["candle_date_time_utc"],
                    one["trade_price"] * UNIT,
                    one["candle_acc_trade_volume"] * UNIT,
                )
                for one in reversed(told)
            ]
    bars.keep([("KRW-BTC", timeframe)])
    assert len(bars("KRW-BTC", timeframe, end_ms, 1_620)) == 1_620


def test_the_candle_that_closes_is_what_trades_made_of_it() -> None:
    """Its close is the last price before its end, whatever came before the step was over."""
    timeline = Timeline(instruments(12), 3, START_MS)
    markets = {one.code: one for one in timeline.markets}
    prices = [
        told.market.trade.price
        for told in timeline.step(HOUR_MS + 5_000)
        if (told.what, told.market.code) == ("trade", "KRW-BTC")
        and told.market.trade.trade_timestamp < HOUR_MS
    ]
    last = MarketBars(markets)("KRW-BTC", "5m", HOUR_MS, 300)[-1]
    assert (last.start_ms, last.close) == (HOUR_MS - SPAN, prices[-1])


# --- on a connection


def asked_on_info(*elements: dict[str, Any], at_ms: int = START_MS) -> tuple[Desk, Session]:
    """A connection to /info with this request."""
    desk = Desk(keys={ACCESS: SECRET}, at_ns=at_ms * 1_000_000)
    session = desk.connect(endpoint="info", authorization=bearer())
    desk.ask(session, *elements)
    return desk, session


def element(kind: str, *indicators: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        **{"type": kind, "codes": ["KRW-BTC", "KRW-ADA"], "timeframe": "5m"},
        **{"indicators": list(indicators), **more},
    }


def test_a_connection_hears_what_it_asked_for_once() -> None:
    """The same combination in two wishes is one message; there is no snapshot."""
    two = element("indicator", RSI, codes=["KRW-BTC"])
    desk, session = asked_on_info(element("indicator", RSI), two, at_ms=HOUR_MS - 5_000)
    desk.advance(4)
    assert said(session) == []
    desk.advance(3)
    heard = said(session)
    assert [(one["code"], one["indicator"]) for one in heard] == [
        ("KRW-BTC", "rsi"),
        ("KRW-ADA", "rsi"),
    ]
    assert all(0 <= one["value"]["rsi"] <= 100 for one in heard)
    desk.exchange.disconnect(session, desk.now_ns, 1000, "")
    assert repr(desk.exchange._indicators) == "Indicators(0 combinations)"


def test_a_hundred_combinations_are_the_most() -> None:
    """They count over both types, the same one once; above that nothing is served."""
    codes = [f"KRW-X{n}" for n in range(49)]
    wishes = [
        element("indicator", RSI, codes=codes),
        element("indicator", RSI, codes=codes[:20]),
        element("indicator_signal", BOUGHT, codes=codes),
        element("indicator_signal", BOUGHT, timeframe="1d"),
    ]
    _, session = asked_on_info(*wishes)
    assert (said(session), session.closing) == ([], None)
    _, session = asked_on_info(*wishes, element("indicator", RSI, codes=["KRW-ONE"]))
    assert session.closing == "TOO_MANY_REQUEST"


@pytest.mark.parametrize("form", FORMATS)
def test_the_subscription_is_listed(form: str) -> None:
    """LIST_SUBSCRIPTIONS tells both types with all their members."""
    wishes = element("indicator", RSI), element("indicator_signal", BOUGHT)
    desk, session = asked_on_info(*wishes)
    desk.ask(session, {"method": "LIST_SUBSCRIPTIONS"}, {"format": form})
    (answer,) = said(session)
    if FORMATS[form].short:
        assert [one["ty"] for one in answer["rslt"]] == ["indicator", "indicator_signal"]
        assert answer["rslt"][1]["inds"] == [
            {"ty": "rsi", "p": {"p": 14}, "tr": "overbought", "ep": {"th": 70}}
        ]
    else:
        assert answer["result"] == list(wishes)
