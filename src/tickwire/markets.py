"""The exchange's list of markets: what exists, and what a whole market stands for."""

import difflib
from collections.abc import Iterable
from typing import NamedTuple

from tickwire.core.exchange import Exchange
from tickwire.subscription import Stream, SubscriptionSpec
from tickwire.symbols import expanded_symbols, normalise_symbols
from tickwire.world import World

__all__ = ["Judgement", "Markets"]


class Judgement(NamedTuple):
    """Silent streams told apart: those that do not exist, each with the nearest name that does."""

    unknown: dict[Stream, str | None]
    quiet: tuple[Stream, ...]


class Markets:
    """Answers from the market list, which is read anew each time: markets come and go.

    All raise `TransportError` or `ProtocolError` if the list cannot be read.
    """

    def __init__(self, exchange: Exchange, world: World) -> None:
        self._exchange = exchange
        self._world = world

    async def codes(self) -> tuple[str, ...]:
        """All symbols, in the exchange's order."""
        return self._exchange.markets(await self._world.fetch(self._exchange.markets_url()))

    async def expanded(self, spec: SubscriptionSpec) -> SubscriptionSpec:
        """The wish with whole markets replaced by their symbols; raises `UsageError`."""
        return spec.expanded(await self.codes()) if spec.names_whole_market else spec

    async def symbols_of(self, symbols: str | Iterable[str]) -> frozenset[str]:
        """The symbols named, those of a whole market among them; raises `UsageError`."""
        names = normalise_symbols(symbols)
        whole_market = any("-" not in name for name in names)
        return frozenset(expanded_symbols(names, await self.codes() if whole_market else ()))

    async def judge(self, silent: Iterable[Stream]) -> Judgement:
        """Tell streams that do not exist from streams that are only quiet."""
        codes = await self.codes()
        listed = frozenset(codes)
        unknown: dict[Stream, str | None] = {}
        quiet: list[Stream] = []
        for stream in silent:
            if stream.symbol in listed:
                quiet.append(stream)
            else:
                near = difflib.get_close_matches(stream.symbol, codes, n=1, cutoff=0.6)
                unknown[stream] = near[0] if near else None
        return Judgement(unknown, tuple(quiet))
