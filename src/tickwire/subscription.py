"""What one can ask for: a data type, symbols, and the stream that each pair of them is."""

from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from itertools import product
from typing import Any, NamedTuple, Self

import msgspec

from tickwire.errors import UsageError
from tickwire.indicators import Indicator
from tickwire.symbols import expanded_symbols, normalise_symbols

__all__ = [
    "DEPTHS",
    "FULL_DEPTH",
    "ORDINARY",
    "DataType",
    "Stream",
    "SubscriptionSpec",
    "Terms",
    "Wish",
    "candle_type",
    "check_depth",
    "normalise_categories",
    "normalise_level",
]


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
    MY_ORDER = "myOrder"
    MY_ASSET = "myAsset"
    ANNOUNCEMENT = "announcement"
    INDICATOR = "indicator"
    INDICATOR_SIGNAL = "indicator_signal"

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


class Stream(msgspec.Struct, frozen=True, order=True, cache_hash=True):
    """One stream on the wire: a type, and what else tells it from others of that type.

    `symbol` is empty where the type has none (your assets, announcements) and for your orders in
    all markets. `level` is the price grouping of an order book in quote currency, 0 for none.
    `category` is that of announcements, empty for all, and `include_body` asks for their text.
    `indicator` says what is computed. A type that tickwire does not know is plain text.
    """

    type: DataType | str
    symbol: str = ""
    level: Decimal = Decimal(0)
    category: str = ""
    include_body: bool = False
    indicator: Indicator | None = None

    def __str__(self) -> str:
        parts = [self.type, self.symbol, self.category]
        if self.level:
            parts.append(f"(level {self.level:f})")
        if self.include_body:
            parts.append("(with text)")
        if self.indicator is not None:
            parts.append(str(self.indicator))
        return " ".join(part for part in parts if part)


DEPTHS = (1, 5, 15, 30)
"""How many levels of an order book can be asked for."""

FULL_DEPTH = 30


def check_depth(depth: int) -> None:
    """Raise `UsageError` for a depth that an order book cannot be asked for in."""
    if depth not in DEPTHS or type(depth) is not int:
        expected = ", ".join(map(str, DEPTHS))
        raise UsageError(f"depth is how many levels of a book: one of {expected}, not {depth!r}")


class Terms(NamedTuple):
    """What part of a stream is wanted; not a part of what the stream is.

    `depth` is how many levels of an order book. `is_only_snapshot` is the state once and then
    nothing, `is_only_realtime` what happens from now on without the state at the start.
    """

    depth: int = FULL_DEPTH
    is_only_snapshot: bool = False
    is_only_realtime: bool = False

    @staticmethod
    def together(several: "Iterable[Terms]") -> "Terms":
        """What has to be asked for so that each of several, at least one, gets its part of it.

        A stream that is wanted for its realtime data alone is asked for with its snapshot all
        the same: that it comes is the only proof that the stream flows.
        """
        every = tuple(several)
        return Terms(
            depth=max(each.depth for each in every),
            is_only_snapshot=all(each.is_only_snapshot for each in every),
        )


ORDINARY = Terms()
"""All of it."""

Wish = tuple[Stream, Terms]


_LEAST_LEVEL = Decimal("0.00000001")
_MOST_LEVEL = Decimal(1_000_000_000)
"""The finest tick there is, and more than any price in won; what lies outside is a slip."""


def normalise_level(level: Decimal | int | str) -> Decimal:
    """The step by which prices are grouped, 0 for none; raises `UsageError`."""
    try:
        step = Decimal(level)
    except (InvalidOperation, TypeError, ValueError):
        step = Decimal("NaN")
    has_exponent = isinstance(level, str) and "e" in level.lower()
    if not step.is_finite() or has_exponent or isinstance(level, bool | float):
        raise UsageError(
            "level must be a price step such as 10000 or '0.1', as int, Decimal or text "
            f"(a float is not exact), not {level!r}"
        )
    if not step:
        return Decimal(0)
    whole, decimals = "", ""
    if _LEAST_LEVEL <= step <= _MOST_LEVEL:
        whole, _, decimals = f"{step:f}".partition(".")
        decimals = decimals.rstrip("0")
    if not whole or len(decimals) > 8:
        raise UsageError(
            f"level must be a price step of {_LEAST_LEVEL:f} to {_MOST_LEVEL}, or 0 for none, "
            f"with at most 8 decimals, not {step:.9g}"
        )
    return Decimal(f"{whole}.{decimals}")


def _check_groups(symbols: Iterable[str]) -> None:
    # Whether those of other countries are grouped is for the exchange to say.
    for symbol in symbols:
        if symbol.partition("-")[0] in ("BTC", "USDT"):
            raise UsageError(
                f"level does not group the prices of BTC and USDT markets, such as {symbol}; "
                "ask for it without level"
            )


CATEGORIES = (
    "notice",
    "trade",
    "wallet",
    "maintenance",
    "digital_asset",
    "nft",
    "service",
    "event",
    "note",
    "trading",
    "airdrop",
    "feature",
    "disclosure",
)
"""Of announcements: the first eight from their page (2026-09-22), the others from the official SDK.

The exchange answers an unknown one by closing the connection, so it is refused at the call.
"""


def normalise_categories(categories: str | Iterable[str] | None) -> tuple[str, ...]:
    """The categories, sorted; `("",)` stands for all of them."""
    if categories is None:
        return ("",)
    named = _several(categories)
    unknown = [repr(each) for each in named if each not in CATEGORIES]
    if unknown or not named:
        shown = ", ".join(unknown) or "nothing"
        raise UsageError(f"a category must be one of {', '.join(CATEGORIES)}, not {shown}")
    return tuple(sorted(set(named)))


def _several(given: Any) -> tuple[Any, ...]:
    """What may be given alone or as several; whether it makes sense is not asked here."""
    alone = isinstance(given, str | Indicator) or not isinstance(given, Iterable)
    return (given,) if alone else tuple(given)


def _flag(name: str, value: bool) -> bool:
    if not isinstance(value, bool):
        raise UsageError(f"{name} must be True or False, not {value!r}")
    return value


def _check_indicators(
    given: Sequence[Indicator], symbols: Iterable[str], *, signal: bool
) -> tuple[Indicator, ...]:
    example = "Indicator.rsi(timeframe='15m')" + (".when('overbought', threshold=70)" * signal)
    if not given:
        raise UsageError(f"no indicators given; pass indicators=[{example}]")
    for each in given:
        if not isinstance(each, Indicator):
            raise UsageError(f"an indicator must be one such as {example}, not {each!r}")
        each.check(signal=signal)
    for symbol in symbols:
        if symbol.partition("-")[0] != "KRW":
            raise UsageError(f"indicators are computed for KRW markets only, not for {symbol}")
    return tuple(dict.fromkeys(given))


def _priority(priority: int) -> int:
    if not isinstance(priority, int) or isinstance(priority, bool) or priority < 0:
        raise UsageError(f"priority must be a whole number from 0 up, not {priority!r}")
    return priority


_WITHOUT_SYMBOLS = {DataType.MY_ASSET, DataType.ANNOUNCEMENT}
_INDICATORS = {DataType.INDICATOR, DataType.INDICATOR_SIGNAL}
_WITHOUT_SNAPSHOT = {DataType.MY_ORDER, *_WITHOUT_SYMBOLS, *_INDICATORS}


def _check_terms(kind: DataType, terms: Terms) -> None:
    check_depth(terms.depth)
    if terms.depth != FULL_DEPTH and kind is not DataType.ORDERBOOK:
        raise UsageError(f"depth is how many levels of an order book; {kind} has none")
    if terms.is_only_snapshot and terms.is_only_realtime:
        raise UsageError(
            "is_only_snapshot and is_only_realtime together leave nothing; pass one of them, "
            "or neither for both parts"
        )
    if kind in _WITHOUT_SNAPSHOT and (terms.is_only_snapshot or terms.is_only_realtime):
        raise UsageError(
            f"{kind} has no snapshot, it is told when something happens; ask for it without "
            "is_only_snapshot and is_only_realtime"
        )


@dataclass(frozen=True, init=False)
class SubscriptionSpec:
    """What a component asks for: one type, mostly for some symbols.

    A quote currency alone (`"KRW"`) asks for every market of that currency. Orders without
    symbols are those of all markets; assets and announcements have no symbols. Options:

        level=10_000                    order book: group prices by so many units of the quote
        depth=5                         order book: so many levels, of 1, 5, 15 and 30
        is_only_snapshot=True           market data: the state once, and then nothing
        is_only_realtime=True           market data: without the state at the start
        categories=["notice"]           announcements: of these only
        include_body=True               announcements: with their text
        indicators=[Indicator.rsi(...)] indicators, and with a trigger their signals
        priority=1                      named before what has less, of the message's streams

    The priority of a stream is the highest of the wishes for it, 0 for most. It is no part of what
    is wanted: to change it sends nothing, the next message is in the new order.

    Raises `UsageError` for what the exchange would refuse, and for what it would be silent about
    as far as that is known without asking it: whether a market exists, and which groupings its
    book has, is found out when nothing comes of it.
    """

    data_type: DataType | str
    symbols: tuple[str, ...]
    level: Decimal
    terms: Terms
    categories: tuple[str, ...]
    include_body: bool
    indicators: tuple[Indicator, ...]
    priority: int

    def __init__(
        self,
        data_type: DataType | str,
        symbols: str | Iterable[str] | None = None,
        *,
        level: Decimal | int | str = 0,
        depth: int = FULL_DEPTH,
        is_only_snapshot: bool = False,
        is_only_realtime: bool = False,
        categories: str | Iterable[str] | None = None,
        include_body: bool = False,
        indicators: Indicator | Iterable[Indicator] = (),
        priority: int = 0,
    ) -> None:
        kind = DataType.of(data_type)
        step = normalise_level(level)
        if step and kind is not DataType.ORDERBOOK:
            raise UsageError(f"level groups the prices of order books; {kind} has none")
        terms = Terms(
            depth,
            _flag("is_only_snapshot", is_only_snapshot),
            _flag("is_only_realtime", is_only_realtime),
        )
        include_body = _flag("include_body", include_body)
        _check_terms(kind, terms)
        if kind is not DataType.ANNOUNCEMENT and (categories is not None or include_body):
            raise UsageError(f"categories and include_body are of announcements, not of {kind}")
        computed = _several(indicators)
        names: tuple[str, ...] = ()
        if kind in _WITHOUT_SYMBOLS:
            if symbols is not None:
                raise UsageError(f"{kind} has no symbols")
        elif symbols is not None or kind is not DataType.MY_ORDER:
            names = normalise_symbols(symbols)
        if step:
            _check_groups(names)
        if kind in _INDICATORS:
            signal = kind is DataType.INDICATOR_SIGNAL
            computed = _check_indicators(computed, names, signal=signal)
        elif computed:
            raise UsageError(f"{kind} has no indicators; ask for the type 'indicator'")
        object.__setattr__(self, "data_type", kind)
        object.__setattr__(self, "symbols", names)
        object.__setattr__(self, "level", step)
        object.__setattr__(self, "terms", terms)
        object.__setattr__(self, "categories", normalise_categories(categories))
        object.__setattr__(self, "include_body", include_body)
        object.__setattr__(self, "indicators", computed)
        object.__setattr__(self, "priority", _priority(priority))

    @classmethod
    def raw(cls, wire_type: str, symbols: str | Iterable[str] | None = None) -> Self:
        """A public type that tickwire does not know, by its name on the wire, as `RawEvent`s.

        Without symbols it is asked for without `codes`, and all that comes of it is delivered.
        """
        if not isinstance(wire_type, str) or not wire_type.strip():
            raise UsageError(f"a type must be text with something in it, not {wire_type!r}")
        if wire_type in set(DataType):
            raise UsageError(f"tickwire knows {wire_type}; use SubscriptionSpec({wire_type!r}, …)")
        spec = cls(DataType.MY_ORDER, symbols)
        object.__setattr__(spec, "data_type", wire_type)
        return spec

    @property
    def names_whole_market(self) -> bool:
        """Whether the market list of the exchange is needed to know the symbols."""
        return any("-" not in symbol for symbol in self.symbols)

    def expanded(self, codes: Iterable[str]) -> Self:
        """The same wish with each whole market replaced by its symbols out of `codes`."""
        spec = copy(self)
        object.__setattr__(spec, "symbols", expanded_symbols(self.symbols, codes))
        return spec

    @property
    def wishes(self) -> tuple[Wish, ...]:
        """The streams asked for, each with the part of it that is wanted."""
        return tuple((stream, self.terms) for stream in self.streams)

    @property
    def streams(self) -> tuple[Stream, ...]:
        """The streams asked for, one for each symbol, category or indicator."""
        kind = self.data_type
        if kind == DataType.ANNOUNCEMENT:
            return tuple(
                Stream(kind, category=each, include_body=self.include_body)
                for each in self.categories
            )
        return tuple(
            Stream(kind, symbol, self.level, indicator=indicator)
            for symbol, indicator in product(self.symbols or ("",), self.indicators or (None,))
        )
