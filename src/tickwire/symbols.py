"""Names of markets: how the exchange spells them, and what a whole market stands for."""

import re
from collections.abc import Iterable

from tickwire.errors import UsageError

__all__ = ["QUOTE_CURRENCIES", "expanded_symbols", "normalise_symbol", "normalise_symbols"]

QUOTE_CURRENCIES = ("KRW", "BTC", "USDT", "SGD", "IDR", "THB")
"""A quote currency alone stands for its whole market; source: the host table of Upbit's guide."""

# The exchange promises no alphabet for names; its market list decides what exists.
_SYMBOL = re.compile(r"[A-Z]+-[A-Z0-9]+")
_SUFFIXED = re.compile(r"([A-Z]+-[A-Z0-9]+)\.(\d+)")
_PAIR = re.compile(r"([A-Z0-9]+)[-/_]([A-Z0-9]+)")


def normalise_symbol(symbol: str) -> str:
    """The symbol as the exchange spells it, `QUOTE-BASE` in capitals; raises `UsageError`."""
    name = _capitals(symbol)
    if _SYMBOL.fullmatch(name) and not name.endswith("-KRW"):
        return name
    if pair := _PAIR.fullmatch(name):
        spelled = _quote_first(*pair.groups())
        if spelled != "KRW-KRW":
            raise UsageError(f"{symbol!r} is spelled otherwise; Upbit writes '{spelled}'")
    if re.search(r"[,\s]", name):
        raise UsageError(
            f"{symbol!r} is not one symbol; pass a list such as ['KRW-BTC', 'KRW-ETH']"
        )
    if suffixed := _SUFFIXED.fullmatch(name):
        code, depth = suffixed.groups()
        raise UsageError(f"{symbol!r} names a depth; write '{code}' and depth={depth}")
    raise UsageError(f"malformed symbol {symbol!r}; expected QUOTE-BASE, such as 'KRW-BTC'")


def normalise_symbols(symbols: str | Iterable[str] | None) -> tuple[str, ...]:
    """Symbols and whole markets as the exchange spells them, each once; raises `UsageError`."""
    if isinstance(symbols, str):
        symbols = (symbols,)
    elif not isinstance(symbols, Iterable):
        raise UsageError(f"symbols must be a list such as ['KRW-BTC'], not {symbols!r}")
    names = tuple(dict.fromkeys(_market_or_symbol(symbol) for symbol in symbols))
    if not names:
        raise UsageError("no symbols given; name at least one, such as 'KRW-BTC'")
    return names


def expanded_symbols(names: Iterable[str], codes: Iterable[str]) -> tuple[str, ...]:
    """The names with each whole market replaced by its symbols out of `codes`."""
    known = tuple(codes)
    symbols: list[str] = []
    for name in names:
        members = [name] if "-" in name else [c for c in known if c.startswith(f"{name}-")]
        if not members:
            raise UsageError(f"this exchange has no {name} market")
        symbols += members
    return tuple(dict.fromkeys(symbols))


def _quote_first(left: str, right: str) -> str:
    """A pair as Upbit writes it. Most others write the quote last; won are nothing else."""
    if left == "KRW" or (left in QUOTE_CURRENCIES and right not in QUOTE_CURRENCIES):
        return f"{left}-{right}"
    return f"{right}-{left}"


def _market_or_symbol(name: str) -> str:
    market = _capitals(name)
    return market if market in QUOTE_CURRENCIES else normalise_symbol(name)


def _capitals(name: str) -> str:
    if not isinstance(name, str):
        raise UsageError(f"a symbol must be text such as 'KRW-BTC', not {name!r}")
    return name.strip().upper()
