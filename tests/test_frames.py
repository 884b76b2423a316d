"""Histories as data frames: columns, exact numbers, order books, and what is missing."""

import sys
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from tickwire import (
    BaseWebSocketEvent,
    DataPoolManager,
    DataType,
    Gap,
    History,
    OrderbookEvent,
    ProtocolError,
    Stream,
    TradeEvent,
    UsageError,
    WebSocketManager,
)
from tickwire.exchanges.upbit import Upbit
from tickwire.history import Kept
from tickwire.simulator import Simulator

TRADES = Stream(DataType.TRADE, "KRW-BTC")
BOOKS = Stream(DataType.ORDERBOOK, "KRW-BTC")


def trade(number: int, price: str, **fields: Any) -> TradeEvent:
    return TradeEvent(
        type="trade",
        symbol="KRW-BTC",
        timestamp=1_795_147_152_470,
        sequential_id=number,
        trade_price=price,
        ask_bid="ASK",
        **fields,
    )


def history(*events: BaseWebSocketEvent, stream: Stream = TRADES) -> History:
    return History(stream, [Kept(event, None) for event in events])


def unit(*figures: object) -> dict[str, object]:
    return dict(zip(("ask_price", "ask_size", "bid_price", "bid_size"), figures, strict=True))


def rows(frame: Any) -> list[dict[str, Any]]:
    """The rows of a frame of either library, with one kind of nothing."""
    found: list[dict[str, Any]]
    if hasattr(frame, "to_dicts"):
        found = frame.to_dicts()
    else:
        found = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return found


@pytest.fixture(params=["pandas", "polars"])
def library(request: pytest.FixtureRequest) -> Any:
    pytest.importorskip(request.param, reason=f"the extra {request.param} is not installed")
    return request.param


def test_a_row_for_each_event_a_column_for_each_field(library: Any) -> None:
    """The fields in their order, then when it came and whether something is missing before it."""
    first, second = trade(1, "1.10"), trade(2, "2.25")
    gap = Gap(TRADES, first, second, "cut")
    frame = History(TRADES, [Kept(first, None), Kept(second, gap)]).to_frame(library)
    assert list(frame.columns) == [*first.to_dict(), "received_time_ns", "after_gap"]
    assert rows(frame) == [
        first.to_dict() | {"received_time_ns": 0, "after_gap": False},
        second.to_dict() | {"received_time_ns": 0, "after_gap": True},
    ]


def test_numbers_are_exact_or_floats(library: Any) -> None:
    """Decimals equal to the wire's text, of whatever length; floats if asked for."""
    texts = ["0.00000001", "123456789012345678.5", "1E+3", "7"]
    events = history(*(trade(n, text) for n, text in enumerate(texts)))
    exact = list(events.to_frame(library)["trade_price"])
    assert exact == [Decimal(text) for text in texts]
    assert all(isinstance(each, Decimal) for each in exact)
    floats = list(events.to_frame(library, floats=True)["trade_price"])
    assert floats == [float(text) for text in texts]
    assert all(isinstance(each, float) for each in floats)


def test_whole_numbers_stay_whole(library: Any) -> None:
    """An id of 17 digits survives, even beside a missing one."""
    number = 17_951_471_524_180_001
    frame = history(trade(number, "1"), TradeEvent(type="trade", symbol="KRW-BTC")).to_frame(
        library
    )
    assert [row["sequential_id"] for row in rows(frame)] == [number, None]
    assert [row["trade_price"] for row in rows(frame)] == [Decimal(1), None]
    floats = history(trade(1, "1"), TradeEvent(type="trade", symbol="KRW-BTC"))
    assert [row["trade_price"] for row in rows(floats.to_frame(library, floats=True))] == [
        1.0,
        None,
    ]


def test_dtypes_of_pandas() -> None:
    """Objects for what is exact, 64 bits for times and floats."""
    pytest.importorskip("pandas", reason="the extra pandas is not installed")
    events = history(trade(1, "1.5"))
    exact, floats = events.to_frame().dtypes, events.to_frame(floats=True).dtypes
    assert exact["trade_price"] == "object"
    assert floats["trade_price"] == "float64"
    assert exact["timestamp"] == exact["received_time_ns"] == "int64"
    assert exact["after_gap"] == "bool"


def test_a_number_that_polars_cannot_hold() -> None:
    """It is never rounded behind anybody's back."""
    pytest.importorskip("polars", reason="the extra polars is not installed")
    events = history(trade(1, "1e20"), trade(2, "1e-20"))
    with pytest.raises(UsageError, match="trade_price needs 41 digits"):
        events.to_frame("polars")
    assert list(events.to_frame("polars", floats=True)["trade_price"]) == [1e20, 1e-20]
    events = history(trade(1, "9" * 30 + ".12345678"))
    assert list(events.to_frame("polars")["trade_price"]) == [Decimal("9" * 30 + ".12345678")]


def test_an_order_book_has_a_row_for_each_level(library: Any) -> None:
    """Depth 1 is the best; padding of a thin side is nothing, not a price of zero."""
    book = OrderbookEvent(
        type="orderbook",
        symbol="KRW-BTC",
        timestamp=5,
        total_ask_size="3",
        total_bid_size="1",
        orderbook_units=[unit("10", "1", "9", "1"), unit("11", "2", 0, 0), unit(0, 0, 0, 0)],
    )
    frame = history(book, book, stream=BOOKS).to_frame(library)
    figures = ("timestamp", "depth", "ask_price", "ask_size", "bid_price", "bid_size")
    assert [tuple(row[name] for name in figures) for row in rows(frame)] == [
        (5, 1, 10, 1, 9, 1),
        (5, 2, 11, 2, None, None),
    ] * 2
    assert "orderbook_units" not in frame.columns
    assert list(frame.columns)[-2:] == ["received_time_ns", "after_gap"]


def test_nothing_makes_an_empty_frame(library: Any) -> None:
    """No events, no rows and no columns."""
    assert history().to_frame(library).shape == (0, 0)


def test_an_unreadable_event_is_left_out(library: Any) -> None:
    """It is counted where unreadable events are counted."""
    counted: list[ProtocolError] = []
    body = b'{"type":"trade","code":"KRW-BTC","trade_price":"not a number"}'
    [broken] = Upbit().classify(body)
    assert isinstance(broken, BaseWebSocketEvent)
    broken._arrive(0, counted.append)
    frame = history(trade(1, "1"), broken, trade(2, "2")).to_frame(library)
    assert list(frame["sequential_id"]) == [1, 2]
    assert len(counted) == 1


@pytest.mark.parametrize("name", ["pandas", "polars"])
def test_a_missing_package_is_named(name: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the extra that brings it."""
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(UsageError, match=rf"pip install 'tickwire\[{name}\]'"):
        history(trade(1, "1")).to_frame(name)


def test_an_unknown_library_is_told() -> None:
    """With the two that there are."""
    wrong: Any = "arrow"
    with pytest.raises(UsageError, match="'pandas' or 'polars', not 'arrow'"):
        history().to_frame(wrong)


async def test_every_type_makes_a_frame_as_exact_as_its_events(library: Any) -> None:
    """On the local exchange: each cell equals what the event says."""
    kinds = ["ticker", "trade", "orderbook", "candle.1s"]
    async with (
        Simulator(seed=3, markets=5) as exchange,
        WebSocketManager(websocket_base_url=exchange.websocket_base_url) as manager,
        DataPoolManager("pool", manager=manager) as pool,
    ):
        await pool.register_client_interest("chart", kinds, "KRW-BTC")
        assert await pool.ready()
        for kind in kinds:
            events = pool.get_data_history(kind, "KRW-BTC")
            assert rows(events.to_frame(library)) == expected(events)


def expected(events: Sequence[BaseWebSocketEvent]) -> list[dict[str, Any]]:
    found = []
    for event in events:
        arrival = {"received_time_ns": event.received_time_ns, "after_gap": False}
        row = event.to_dict()
        if isinstance(event, OrderbookEvent):
            del row["orderbook_units"]
            for n, each in enumerate(event.orderbook_units):
                found.append(row | {"depth": n + 1} | each.to_dict() | arrival)
        else:
            found.append(row | arrival)
    return found
