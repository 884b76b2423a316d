"""The frame of a public stream: its market as it is, in one of the formats."""

from tickwire.simulator.market.book import grouped
from tickwire.simulator.market.market import Market
from tickwire.simulator.wire.formats import Format
from tickwire.simulator.wire.frames import candle_frame, orderbook_frame, ticker_frame, trade_frame
from tickwire.simulator.wire.session import Stream

__all__ = ["stream_frame"]


def stream_frame(market: Market, stream: Stream, form: Format, stream_type: str) -> bytes | None:
    """The bytes to send; `None` where the market has nothing to show yet."""
    if stream.type == "orderbook":
        return _book(market, stream, form, stream_type)
    if stream.type == "trade":
        return trade_frame(market.code, market.trade, form, stream_type)
    if stream.type == "ticker":
        return ticker_frame(market, form, stream_type)
    candle = market.candles.latest(stream.type)
    if candle is None:
        return None
    return candle_frame(market.code, stream.type, candle, form, stream_type)


def _book(market: Market, stream: Stream, form: Format, stream_type: str) -> bytes:
    asks, bids = market.asks, market.bids
    if stream.level:
        asks = grouped(asks, stream.level, asks=True)
        bids = grouped(bids, stream.level, asks=False)
    return orderbook_frame(
        market.code,
        market.book_ms,
        asks,
        bids,
        depth=stream.depth,
        level=stream.level,
        form=form,
        stream_type=stream_type,
    )
