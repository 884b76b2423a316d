"""The formulas of the indicators, over the closes and volumes of a row of candles.

Every function gives a series that ends with the newest candle and begins where there are enough
of them; fewer candles than that give an empty one.

Rounding: sums of prices are exact. Quotients and roots are taken to sixty digits, half to even,
far behind the eight decimals that messages have: plain means that are equal come out as equal
numbers, and so does everything in a market that stands still. Conditions compare these numbers;
only the text of a message is rounded to its eight decimals.

Where the exchange's pages leave a formula open, the usual one of charts is taken:

    rsi      Wilder's smoothing, not the plain means: what charts mean by RSI. A market that does
             not move at all has 50, which is neither bought nor sold.
    ema      weight 2/(n+1), begun with the plain mean of the first n.
    bands    the standard deviation of the n closes themselves (population, not sample).
    macd     the signal line is the ema of the macd line.
    volume   against the n candles *before*, so that a spike is not measured against itself.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from itertools import pairwise

from tickwire.simulator.info.indicator_rules import Asked

__all__ = ["Values", "bars_needed", "sides", "values"]

Series = list[Decimal]
Values = tuple[Decimal, ...]
"""The members of `value`, in the order of the message."""

_CONTEXT = Context(prec=60, rounding=ROUND_HALF_EVEN)
_ZERO, _HUNDRED = Decimal(0), Decimal(100)

# An ema never quite forgets how it began: after 5 n steps of weight 2/(n+1) one part in twenty
# thousand is left of that, as it is after 10 n of Wilder's 1/n.
_EMA_MEMORY = 5
_WILDER_MEMORY = 10
# A condition that stands at equality is as it was before that: so far the past is looked at.
_LOOK_BACK = 20


def bars_needed(asked: Asked) -> int:
    """How many candles settle the values of this indicator and the state before the newest."""
    numbers = [int(value) for value in asked.members() if not isinstance(value, str)]
    if asked.kind == "rsi":
        return numbers[0] * _WILDER_MEMORY + _LOOK_BACK
    if asked.kind == "macd":
        _, slow, signal = numbers
        return (slow + signal) * _EMA_MEMORY + _LOOK_BACK
    if asked.kind == "bollinger_bands":
        return numbers[0] + _LOOK_BACK
    memory = _EMA_MEMORY if "EMA" in asked.members() else 1
    return max(numbers) * memory + 1 + _LOOK_BACK


def values(asked: Asked, closes: Sequence[Decimal], volumes: Sequence[Decimal]) -> list[Values]:
    """The values of an indicator, one entry for each candle from the first that has any."""
    with localcontext(_CONTEXT):
        match asked.kind, asked.members():
            case "volume", (int(period),):
                return _volume(volumes, period)
            case "rsi", (int(period),):
                return [(one,) for one in rsi(closes, period)]
            case "moving_average", (str(average), int(period)):
                return [(one,) for one in _AVERAGES[average](closes, period)]
            case "ma_crossover", (str(average), int(short), int(long)):
                mean = _AVERAGES[average]
                return _side_by_side(mean(closes, short), mean(closes, long))
            case "bollinger_bands", (int(period), float(multiplier)):
                return bollinger_bands(closes, period, Decimal(multiplier))
            case "macd", (int(fast), int(slow), int(signal)):
                return macd(closes, fast, slow, signal)
    raise AssertionError(asked)


def sides(asked: Asked, rows: Sequence[Values], closes: Sequence[Decimal]) -> list[int]:
    """On which side of its condition each row is: 1 for true, -1 for false, 0 for on the line."""
    with localcontext(_CONTEXT):
        return [
            _side(asked, row, close)
            for row, close in zip(rows, closes[len(closes) - len(rows) :], strict=True)
        ]


def _side(asked: Asked, row: Values, close: Decimal) -> int:
    match asked.kind, asked.trigger:
        # With these two the line belongs to the condition.
        case "volume", _:
            volume, average, _ratio = row
            return _truth(_ZERO < average * _limit(asked) <= volume)
        case "rsi", "overbought":
            return _truth(row[0] >= _limit(asked))
        case "rsi", _:
            return _truth(row[0] <= _limit(asked))
        case "moving_average", "price_cross_above":
            return _sign(close - row[0])
        case "moving_average", _:
            return _sign(row[0] - close)
        case "bollinger_bands", "price_cross_above":
            return _sign(close - row[0])
        case "bollinger_bands", _:
            return _sign(row[2] - close)
        case _, "golden_cross":
            return _sign(row[0] - row[1])
        case _, "dead_cross":
            return _sign(row[1] - row[0])
        case "macd", "zero_cross_above":
            return _sign(row[0])
        case "macd", "zero_cross_below":
            return _sign(-row[0])
    raise AssertionError(asked)


def _limit(asked: Asked) -> Decimal:
    return Decimal(asked.event_params[0][1])


def _truth(condition: bool) -> int:
    return 1 if condition else -1


def _sign(number: Decimal) -> int:
    return (number > 0) - (number < 0)


def _side_by_side(first: Series, second: Series) -> list[Values]:
    """Both series, as far back as the shorter one goes."""
    length = min(len(first), len(second))
    return list(zip(first[len(first) - length :], second[len(second) - length :], strict=True))


# --- the formulas


def sma(closes: Sequence[Decimal], period: int) -> Series:
    """The plain mean of the last `period` closes."""
    if len(closes) < period:
        return []
    total = sum(closes[:period], _ZERO)
    means = [total / period]
    for index in range(period, len(closes)):
        total += closes[index] - closes[index - period]
        means.append(total / period)
    return means


def ema(closes: Sequence[Decimal], period: int) -> Series:
    """The exponential mean."""
    if len(closes) < period:
        return []
    mean = sum(closes[:period], _ZERO) / period
    means = [mean]
    for close in closes[period:]:
        mean += (close - mean) * 2 / (period + 1)
        means.append(mean)
    return means


_AVERAGES = {"SMA": sma, "EMA": ema}


def rsi(closes: Sequence[Decimal], period: int) -> Series:
    """The relative strength index after Wilder, 0 to 100."""
    if len(closes) <= period:
        return []
    changes = [after - before for before, after in pairwise(closes)]
    # Sums instead of means: the ratio is the same.
    gains = sum((change for change in changes[:period] if change > 0), _ZERO)
    losses = -sum((change for change in changes[:period] if change < 0), _ZERO)
    strengths = [_strength(gains, losses)]
    for change in changes[period:]:
        gains += max(change, _ZERO) - gains / period
        losses += max(-change, _ZERO) - losses / period
        strengths.append(_strength(gains, losses))
    return strengths


def _strength(gains: Decimal, losses: Decimal) -> Decimal:
    moved = gains + losses
    return gains * _HUNDRED / moved if moved else _HUNDRED / 2


def bollinger_bands(closes: Sequence[Decimal], period: int, multiplier: Decimal) -> list[Values]:
    """Upper band, mean, lower band."""
    if len(closes) < period:
        return []
    bands: list[Values] = []
    total = squares = _ZERO
    for index, close in enumerate(closes):
        total += close
        squares += close * close
        if index >= period:
            gone = closes[index - period]
            total -= gone
            squares -= gone * gone
        if index >= period - 1:
            mean = total / period
            # Exact up to the root: prices of 17 digits have squares of 34.
            reach = multiplier * (squares * period - total * total).sqrt() / period
            bands.append((mean + reach, mean, mean - reach))
    return bands


def macd(closes: Sequence[Decimal], fast: int, slow: int, signal: int) -> list[Values]:
    """The line, its signal line and the difference of the two."""
    line = [short - long for short, long in _side_by_side(ema(closes, fast), ema(closes, slow))]
    return [(own, smooth, own - smooth) for own, smooth in _side_by_side(line, ema(line, signal))]


def _volume(volumes: Sequence[Decimal], period: int) -> list[Values]:
    """The volume, the mean of the `period` before it, and how many times that mean it is."""
    return [
        (volume, mean, volume / mean if mean else _ZERO)
        for volume, mean in zip(volumes[period:], sma(volumes, period), strict=False)
    ]
