"""The exchange's list of markets: what exists, and what a whole market stands for."""

import difflib
import logging
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from tickwire.control import Rejected
from tickwire.core.exchange import Exchange
from tickwire.errors import ProtocolError, TransportError
from tickwire.subscription import Stream, SubscriptionSpec
from tickwire.world import World

__all__ = ["Judgement", "Markets"]

_log = logging.getLogger("tickwire.manager")


class Judgement(NamedTuple):
    """Silent streams told apart: those that there are not, and those that are only quiet."""

    rejected: tuple[Rejected, ...]
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

    async def judge(self, silent: Iterable[Stream]) -> Judgement:
        """Tell streams that there are not from streams that are only quiet."""
        codes = await self.codes()
        listed = frozenset(codes)
        rejected: list[Rejected] = []
        quiet: list[Stream] = []
        for stream in silent:
            if stream.symbol in listed:
                quiet.append(stream)
            else:
                reason = f"the exchange lists no market {stream.symbol}"
                rejected.append(Rejected(stream, reason, _nearest(stream.symbol, codes)))
        wrong = await self._wrong_levels([stream for stream in quiet if stream.level])
        rejected += wrong.values()
        return Judgement(tuple(rejected), tuple(each for each in quiet if each not in wrong))

    async def _wrong_levels(self, grouped: Sequence[Stream]) -> dict[Stream, Rejected]:
        """Those of some books whose prices the exchange does not group so.

        Unlike the market list this is not needed to go on: if it cannot be had, nothing is wrong.
        """
        if not grouped:
            return {}
        url = self._exchange.levels_url(sorted({stream.symbol for stream in grouped}))
        try:
            known = self._exchange.levels(await self._world.fetch(url))
        except (TransportError, ProtocolError) as error:
            _log.warning("the price groupings could not be read: %s", error)
            return {}
        return {
            stream: Rejected(stream, _not_grouped_so(stream, known[stream.symbol]), None)
            for stream in grouped
            if stream.level not in known.get(stream.symbol, (stream.level,))
        }


def _nearest(symbol: str, codes: Sequence[str]) -> str | None:
    """The code that was probably meant: the same the other way round, or else a similar one."""
    left, _, right = symbol.partition("-")
    turned = f"{right}-{left}"
    if turned in codes:
        return turned
    return next(iter(difflib.get_close_matches(symbol, codes, n=1, cutoff=0.6)), None)


def _not_grouped_so(stream: Stream, levels: Iterable[Decimal]) -> str:
    offered = ", ".join(f"{level:f}" for level in sorted(levels) if level) or "nothing"
    return (
        f"the exchange does not group the prices of {stream.symbol} by {stream.level:f}; "
        f"it groups them by {offered}"
    )
