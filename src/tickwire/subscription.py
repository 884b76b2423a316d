"""What one can ask for: a data type, symbols, and the stream that each pair of them is."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import NamedTuple

from tickwire.errors import UsageError

__all__ = ["DataType", "Stream", "SubscriptionSpec", "candle_type"]


class DataType(StrEnum):
    """What a stream carries. Each value is the exchange's own word; plain strings do as well."""

    TICKER = "ticker"
    TRADE = "trade"
    ORDERBOOK = "orderbook"
    CANDLE_1S = "candle.1s"
    CANDLE_1M = "candle.1m"
    CANDLE_3M = "candle.3m"
    CANDLE_5M = "candle.5m"
    CANDLE_10M = "candle.10m"
    CANDLE_15M = "candle.15m"
    CANDLE_30M = "candle.30m"
    CANDLE_60M = "candle.60m"
    CANDLE_240M = "candle.240m"

    @property
    def is_candle(self) -> bool:
        return self.value.startswith("candle.")

    @classmethod
    def of(cls, value: "DataType | str") -> "DataType":
        """The member for a plain string; raises `UsageError` with the known ones."""
        try:
            return cls(value)
        except ValueError:
            known = ", ".join(cls)
            raise UsageError(f"unknown data type {value!r}; expected one of: {known}") from None


def candle_type(unit: str) -> DataType:
    """The candle type of a unit such as `"1s"`, `"1m"` or `"240m"`; raises `UsageError`."""
    try:
        return DataType(f"candle.{unit}")
    except ValueError:
        units = ", ".join(t.removeprefix("candle.") for t in DataType if t.is_candle)
        raise UsageError(f"unknown candle unit {unit!r}; expected one of: {units}") from None


class Stream(NamedTuple):
    """One stream on the wire: a type, a symbol and, for an order book, its price grouping.

    `level` is the grouping step in quote currency, 0 for none; only order books have one.
    """

    type: DataType
    symbol: str
    level: Decimal = Decimal(0)

    def __str__(self) -> str:
        grouped = f" (level {self.level})" if self.level else ""
        return f"{self.type} {self.symbol}{grouped}"


QUOTE_CURRENCIES = ("KRW", "BTC", "USDT", "SGD", "IDR", "THB")
"""A quote currency alone stands for its whole market; source: the host table of Upbit's guide."""

# The exchange promises no alphabet for names; its market list decides what exists.
_SYMBOL = re.compile(r"[A-Z]+-[A-Z0-9]+")
_SLASHED = re.compile(r"([A-Z0-9]+)/([A-Z]+)")


def normalise_symbol(symbol: str) -> str:
    """The symbol as the exchange spells it, `QUOTE-BASE` in capitals; raises `UsageError`."""
    name = _capitals(symbol)
    if _SYMBOL.fullmatch(name):
        return name
    if slashed := _SLASHED.fullmatch(name):
        base, quote = slashed.groups()
        raise UsageError(f"{symbol!r} is not how Upbit spells it; write '{quote}-{base}'")
    raise UsageError(f"malformed symbol {symbol!r}; expected QUOTE-BASE, such as 'KRW-BTC'")


def _normalise_symbols(symbols: str | Iterable[str]) -> tuple[str, ...]:
    if isinstance(symbols, str):
        symbols = (symbols,)
    elif not isinstance(symbols, Iterable):
        raise UsageError(f"symbols must be a list such as ['KRW-BTC'], not {symbols!r}")
    names = tuple(dict.fromkeys(_market_or_symbol(symbol) for symbol in symbols))
    if not names:
        raise UsageError("no symbols given; name at least one, such as 'KRW-BTC'")
    return names


def _market_or_symbol(name: str) -> str:
    market = _capitals(name)
    return market if market in QUOTE_CURRENCIES else normalise_symbol(name)


def _capitals(name: str) -> str:
    if not isinstance(name, str):
        raise UsageError(f"a symbol must be text such as 'KRW-BTC', not {name!r}")
    return name.strip().upper()


def _level(level: Decimal | int | str) -> Decimal:
    try:
        step = Decimal(level)
    except (InvalidOperation, TypeError, ValueError):
        step = Decimal(-1)
    if not step.is_finite() or step < 0 or isinstance(level, bool | float):
        raise UsageError(f"level must be a price step from 0 up, such as 10000, not {level!r}")
    return step


@dataclass(frozen=True, init=False)
class SubscriptionSpec:
    """What a component asks for: one type for some symbols.

    A quote currency alone (`"KRW"`) asks for every market of that currency. `level` groups the
    prices of an order book by that many units of the quote currency (0: no grouping).
    Raises `UsageError` for anything the exchange could not understand.
    """

    data_type: DataType
    symbols: tuple[str, ...]
    level: Decimal

    def __init__(
        self,
        data_type: DataType | str,
        symbols: str | Iterable[str],
        *,
        level: Decimal | int | str = 0,
    ) -> None:
        kind = DataType.of(data_type)
        step = _level(level)
        if step and kind is not DataType.ORDERBOOK:
            raise UsageError(f"level groups the prices of order books; {kind} has none")
        object.__setattr__(self, "data_type", kind)
        object.__setattr__(self, "symbols", _normalise_symbols(symbols))
        object.__setattr__(self, "level", step)

    @property
    def names_whole_market(self) -> bool:
        """Whether the market list of the exchange is needed to know the symbols."""
        return any("-" not in symbol for symbol in self.symbols)

    def expanded(self, codes: Iterable[str]) -> "SubscriptionSpec":
        """The same wish with each whole market replaced by its symbols out of `codes`."""
        known = tuple(codes)
        symbols: list[str] = []
        for name in self.symbols:
            members = [name] if "-" in name else [c for c in known if c.startswith(f"{name}-")]
            if not members:
                raise UsageError(f"this exchange has no {name} market")
            symbols += members
        return SubscriptionSpec(self.data_type, symbols, level=self.level)

    @property
    def streams(self) -> tuple[Stream, ...]:
        """The streams asked for, one for each symbol."""
        return tuple(Stream(self.data_type, symbol, self.level) for symbol in self.symbols)
