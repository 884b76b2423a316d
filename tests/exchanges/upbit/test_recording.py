"""Captured frames of 2021 against the adapter of today."""

import pytest

from tests.exchanges.upbit.reference import EVENTS, assert_equals_wire, decoded, undecoded
from tests.recordings import UPBIT_2021, recording
from tickwire.subscription import DataType, Stream


@pytest.fixture(scope="module")
def frames() -> list[str]:
    """Captured: the texts of the recording."""
    return [frame.raw for frame in recording(UPBIT_2021)]


def test_every_frame_is_exact(frames: list[str]) -> None:
    """All 250 decode, and every number equals its text on the wire."""
    assert len(frames) == 250
    for frame in frames:
        event = decoded(frame)
        assert_equals_wire(event, frame)
        assert event.raw == frame


def test_what_did_not_exist_then_is_none(frames: list[str]) -> None:
    """Trades had no best prices and books no level in 2021."""
    events = [decoded(frame) for frame in frames]
    trades = [event for event in events if event.type == "trade"]
    books = [event for event in events if event.type == "orderbook"]
    assert len(trades) == 148
    assert len(books) == 102
    assert {event.best_ask_price for event in trades} == {None}
    assert {event.level for event in books} == {None}


def test_the_keys_name_the_streams(frames: list[str]) -> None:
    """A book without a level belongs to the ungrouped stream."""
    for frame in frames:
        event = decoded(frame)
        assert type(event) is EVENTS[event.type]
        assert undecoded(frame).stream == Stream(DataType(event.type), event.symbol)


def test_the_levels_add_up(frames: list[str]) -> None:
    """The totals of a book are the sums of its levels, to the last digit; prices are sorted."""
    for event in (decoded(frame) for frame in frames):
        if event.type == "orderbook":
            assert sum(level.size for level in event.asks) == event.total_ask_size
            assert sum(level.size for level in event.bids) == event.total_bid_size
            assert list(event.asks) == sorted(event.asks)
            assert list(event.bids) == sorted(event.bids, reverse=True)
