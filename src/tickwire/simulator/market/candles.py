"""The candles of one market: for each unit the most recent one, made by trades alone."""

from collections.abc import Callable

__all__ = ["CANDLE_SPANS_MS", "Candle", "Candles"]

# By wire type. Periods are counted from midnight UTC, which is where 1970 began.
CANDLE_SPANS_MS = {
    "candle.1s": 1_000,
    "candle.1m": 60_000,
    "candle.3m": 180_000,
    "candle.5m": 300_000,
    "candle.10m": 600_000,
    "candle.15m": 900_000,
    "candle.30m": 1_800_000,
    "candle.60m": 3_600_000,
    "candle.240m": 14_400_000,
}
_SPANS = tuple(CANDLE_SPANS_MS.values())


class Candle:
    """Prices and volume of `start_ms` (inclusive) to its end (exclusive).

    Units: prices and `volume` in 1e-8, `value` in 1e-16; `timestamp` is the last trade's, in ms.
    """

    __slots__ = ("close", "high", "low", "open", "start_ms", "timestamp", "value", "volume")

    def __init__(self, start_ms: int, price: int) -> None:
        self.start_ms = start_ms
        self.open = self.high = self.low = self.close = price
        self.volume = 0
        self.value = 0
        self.timestamp = 0


class Candles:
    """The most recent candle of every unit. A period without a trade has none."""

    def __init__(self, closed: Callable[[int, Candle], None]) -> None:
        """Each candle goes to `closed`, with its span, when it has a successor."""
        self._closed = closed
        self._latest: list[Candle | None] = [None] * len(_SPANS)

    def latest(self, candle_type: str) -> Candle | None:
        """The most recent candle of a type such as `candle.1m`."""
        return self._latest[_INDEX[candle_type]]

    def add(self, at_ms: int, price: int, size: int, timestamp: int) -> None:
        """Count one trade, which happened at `at_ms` and was told at `timestamp`."""
        value = price * size
        for index, span in enumerate(_SPANS):
            start = at_ms - at_ms % span
            candle = self._latest[index]
            if candle is None or candle.start_ms != start:
                if candle is not None:
                    self._closed(span, candle)
                candle = self._latest[index] = Candle(start, price)
            elif price > candle.high:
                candle.high = price
            elif price < candle.low:
                candle.low = price
            candle.close = price
            candle.volume += size
            candle.value += value
            candle.timestamp = timestamp


_INDEX = {candle_type: index for index, candle_type in enumerate(CANDLE_SPANS_MS)}
