"""An indicator is a value, and only what the exchange offers can be asked for."""

import copy
import pickle
from collections.abc import Callable
from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from tickwire import Indicator, UsageError
from tickwire.indicators import TIMEFRAMES, ordered

RSI = Indicator.rsi(timeframe="15m", period=14)

# The table of the websocket-indicator page, 2026-09-23: what is there, and what is just off it.
OFFERED: list[tuple[Callable[..., Indicator], str, list[Any], list[Any]]] = [
    (Indicator.volume, "period", [*range(5, 51, 5)], [0, 4, 55, 12, -5]),
    (Indicator.rsi, "period", [*range(2, 15), 21, 25], [1, 15, 20, 22, 26]),
    (
        Indicator.moving_average,
        "period",
        [3, 5, 7, 10, 15, 20, 25, 30, 50, 60, 90, 99, 100, 120, 200],
        [0, 2, 4, 98, 201],
    ),
    (Indicator.bollinger_bands, "period", [10, 20, 50], [5, 15, 30]),
    (
        Indicator.bollinger_bands,
        "multiplier",
        [1, 1.5, 2.0, Decimal("2.50"), 3],
        [0.5, 2.04, 3.5, Decimal("2.500001")],
    ),
]


@pytest.mark.parametrize(("make", "name", "offered", "refused"), OFFERED)
def test_each_value_of_the_table_is_offered(
    make: Callable[..., Indicator], name: str, offered: list[Any], refused: list[Any]
) -> None:
    """Values are compared as numbers and kept as the table has them; others name the choice."""
    beside = {"period": 20} if make == Indicator.bollinger_bands else {}
    for value in offered:
        made = make(timeframe="15m", **(beside | {name: value}))
        assert dict(made.params)[name] == value
    for value in [*refused, True, str(offered[0]), None]:
        with pytest.raises(UsageError, match=f"{name} must be one of {offered[0]}"):
            make(timeframe="15m", **(beside | {name: value}))


def test_lengths_that_belong_together_are_chosen_together() -> None:
    """Crossovers and MACD have a few rows; a mixture of two rows is none."""
    for short, long in ((5, 20), (20, 60), (30, 90), (50, 200)):
        made = Indicator.ma_crossover(
            timeframe="1d", short_period=short, long_period=long, type="EMA"
        )
        assert made.params == (("type", "EMA"), ("short_period", short), ("long_period", long))
    with pytest.raises(UsageError, match=r"short_period and long_period must .* 50/200, not 5/60"):
        Indicator.ma_crossover(timeframe="1d", short_period=5, long_period=60)
    for fast, slow, signal in ((12, 26, 9), (8, 17, 9), (5, 35, 5)):
        Indicator.macd(timeframe="1d", fast=fast, slow=slow, signal_period=signal)
    with pytest.raises(UsageError, match="12/26/9, 8/17/9, 5/35/5, not 12/26/5"):
        Indicator.macd(timeframe="1d", signal_period=5)
    with pytest.raises(UsageError, match="type must be one of SMA, EMA, not 'WMA'"):
        Indicator.moving_average(timeframe="1d", period=5, type="WMA")  # type: ignore[arg-type]


@pytest.mark.parametrize("timeframe", ["1m", "1h", "", "15", None, 15])
def test_an_unknown_timeframe_is_told_the_known_ones(timeframe: Any) -> None:
    """The lengths of candles are few."""
    for known in TIMEFRAMES:
        Indicator("rsi", known, RSI.params).check(signal=False)
    with pytest.raises(UsageError, match="one of 5m, 15m, 60m, 240m, 1d"):
        Indicator.rsi(timeframe=timeframe)


TRIGGERS: list[tuple[Indicator, str, dict[str, list[Any]]]] = [
    (Indicator.volume(timeframe="5m"), "volume_spike", {"multiplier": [2, 3, 5]}),
    (RSI, "overbought", {"threshold": [70, 80]}),
    (RSI, "oversold", {"threshold": [20, 30]}),
    *(
        (indicator, trigger, {})
        for indicator, triggers in (
            (
                Indicator.moving_average(timeframe="5m", period=20),
                ["price_cross_above", "price_cross_below"],
            ),
            (
                Indicator.ma_crossover(timeframe="5m", short_period=5, long_period=20),
                ["golden_cross", "dead_cross"],
            ),
            (
                Indicator.bollinger_bands(timeframe="5m"),
                ["price_cross_above", "price_cross_below"],
            ),
            (
                Indicator.macd(timeframe="5m"),
                ["golden_cross", "dead_cross", "zero_cross_above", "zero_cross_below"],
            ),
        )
        for trigger in triggers
    ),
]


@pytest.mark.parametrize(("indicator", "trigger", "parameter"), TRIGGERS)
def test_each_trigger_of_the_table_can_be_waited_for(
    indicator: Indicator, trigger: str, parameter: dict[str, list[Any]]
) -> None:
    """With the parameter that it has, and with none beside it."""
    for values in product(*parameter.values()):
        event_params = dict(zip(parameter, values, strict=True))
        signal = indicator.when(trigger, **event_params)
        assert (signal.trigger, dict(signal.event_params)) == (trigger, event_params)
        signal.check(signal=True)
    with pytest.raises(UsageError, match=f"{trigger} needs"):
        indicator.when(trigger, wrong=1)
    if parameter:
        with pytest.raises(UsageError, match=f"{trigger} needs a"):
            indicator.when(trigger)
        with pytest.raises(UsageError, match="must be one of"):
            indicator.when(trigger, **dict.fromkeys(parameter, 71))


def test_a_trigger_of_another_indicator_is_refused() -> None:
    """Each has its own; a signal has fewer lengths to choose from than a value."""
    with pytest.raises(UsageError, match="rsi can trigger overbought or oversold, not 'golden"):
        RSI.when("golden_cross")
    nonsense: Any
    for nonsense in ([], None, 5):
        with pytest.raises(UsageError, match="rsi can trigger overbought or oversold, not "):
            RSI.when(nonsense)
    with pytest.raises(UsageError, match="period must be one of 7, 9, 14, 21, 25 for a signal"):
        Indicator.rsi(timeframe="15m", period=3).when("overbought", threshold=70)


def test_values_and_signals_are_not_mixed_up() -> None:
    """A value has no trigger, and a signal needs one."""
    with pytest.raises(UsageError, match="has a trigger"):
        RSI.when("overbought", threshold=70).check(signal=False)
    with pytest.raises(UsageError, match="needs a trigger"):
        RSI.check(signal=True)


@pytest.mark.parametrize(
    "wrong",
    [
        Indicator("ichimoku", "15m"),
        Indicator("rsi", "15m"),
        Indicator("rsi", "15m", (("period", 1),)),
        Indicator("rsi", "2m", (("period", 14),)),
        Indicator("rsi", "15m", (("period", 14), ("type", "SMA"))),
    ],
    ids=str,
)
def test_one_put_together_by_hand_is_checked_too(wrong: Indicator) -> None:
    """What was not made by its method is refused when it is asked for."""
    with pytest.raises(UsageError):
        wrong.check(signal=False)


def test_an_indicator_is_a_value() -> None:
    """Equal ones are equal however their numbers were written; they sort, copy and read well."""
    bands = Indicator.bollinger_bands(timeframe="15m", multiplier=2)
    assert bands == Indicator.bollinger_bands(timeframe="15m", multiplier=Decimal("2.00"))
    assert len({bands, Indicator.bollinger_bands(timeframe="15m", multiplier=2.0)}) == 1
    assert pickle.loads(pickle.dumps(bands)) == copy.deepcopy(bands) == bands
    everything = [indicator for indicator, *_ in TRIGGERS]
    backwards = everything[::-1]
    assert sorted(everything) == sorted(backwards)
    assert str(RSI) == "rsi 15m (period 14)"
    assert str(RSI.when("overbought", threshold=70)) == "rsi 15m (period 14, overbought 70)"
    with pytest.raises(AttributeError):
        RSI.timeframe = "1d"  # type: ignore[misc]


def test_what_comes_from_the_wire_is_put_in_order() -> None:
    """Known parameters stand as in the table, others behind them; nothing is checked."""
    assert ordered("macd", {"slow": 26, "x": 1, "fast": 12, "a": 2}) == (
        ("fast", 12),
        ("slow", 26),
        ("a", 2),
        ("x", 1),
    )
    assert ordered("new", {"b": 1, "a": "x"}) == (("a", "x"), ("b", 1))
