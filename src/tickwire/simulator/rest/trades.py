"""The trades of a market, newest first: those that are kept, and behind them the made-up ones."""

from collections.abc import Iterator

from tickwire.simulator.market.history import KeptTrade
from tickwire.simulator.market.market import Market
from tickwire.simulator.market.past import PastTrade

__all__ = ["trades_of"]


def trades_of(
    market: Market, since_ms: int, before_ms: int, cursor: int | None
) -> Iterator[KeptTrade | PastTrade]:
    """Trades of a stretch, newest first; those that come after `cursor` in this order.

    Ids step back now and then, so where the cursor is a trade that is kept its place counts, and
    its number otherwise.
    """
    kept = [one for one in market.history.trades() if since_ms <= one.at_ms < before_ms]
    if cursor is not None:
        place = next((at for at, one in enumerate(kept) if one.sequential_id == cursor), None)
        if place is not None:
            del kept[: place + 1]
            cursor = None
        else:
            kept = [one for one in kept if one.sequential_id < cursor]
            before_ms = max(since_ms, min(before_ms, cursor // 10_000 + 1))
    yield from kept
    for one in market.past.trades(before_ms, since_ms):
        if cursor is None or one.sequential_id < cursor:
            yield one
