"""The compiled hot path and the one in Python cannot be told apart but by the time they take."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import twins
from tests.exchanges.upbit.reference import DEFAULT, DOCUMENTED, SIMPLE, altered, members, text_of
from tests.exchanges.upbit.test_garbage import STRANGE, VALUES
from tests.fuzz import decoder
from tests.recordings import UPBIT_2021, recording

FRAMES = [frame for frames in (DEFAULT, SIMPLE) for frame in frames.values()]
COMPILED, PURE = twins.compiled(), twins.pure()

pytestmark = pytest.mark.skipif(COMPILED is None, reason="the hot path is not compiled here")


def assert_same(frame: bytes, read: str = "") -> None:
    """Both make the same of a frame, whatever is read first."""
    assert COMPILED is not None
    assert COMPILED.told(frame, read) == PURE.told(frame, read)


@pytest.mark.parametrize(("kind", "frame"), DOCUMENTED)
def test_documented_frames(kind: str, frame: str) -> None:
    """Alone, listed, spaced out and cut short; also when they are recognised."""
    body = frame.encode()
    spaced = json.dumps(json.loads(frame), indent=1).encode()
    for each in (
        body,
        b"[" + body + b"]",
        b" " + spaced + b"\n",
        b"[" + body + b"," + spaced + b"]",
    ):
        for _ in range(2):
            assert_same(each)
    for length in range(0, len(body), 7):
        assert_same(body[:length])


@pytest.mark.parametrize(("kind", "frame"), DOCUMENTED)
def test_every_field_read_first(kind: str, frame: str) -> None:
    """In whichever order fields are read."""
    for name in type(PURE.upbit.classify(frame.encode())[0])._fields:
        assert_same(frame.encode(), name)


@pytest.mark.parametrize(("kind", "frame"), DOCUMENTED)
def test_every_member_strange(kind: str, frame: str) -> None:
    """Each member in turn has any literal, is missing, comes twice, or is named with an escape."""
    parts = members(frame)
    literals = [
        *STRANGE,
        "null",
        "true",
        "1",
        "-0",
        "1.5",
        "1E5",
        '"x"',
        '"\\u0041"',
        "[1]",
        '"1_0"',
    ]
    for literal in literals:
        assert_same(text_of({"x": literal} | parts | {"y": literal}).encode())
    for name in parts:
        for literal in literals:
            assert_same(text_of(parts | {name: literal}).encode())
            assert_same((frame[:-1] + f',"{name}":{literal}}}').encode())
        assert_same(text_of({each: parts[each] for each in parts if each != name}).encode())
        assert_same(frame.replace(f'"{name}"', f'"\\u{ord(name[0]):04x}{name[1:]}"').encode())


@pytest.mark.parametrize("frames", [DEFAULT, SIMPLE], ids=["DEFAULT", "SIMPLE"])
@pytest.mark.parametrize(
    "literal",
    [
        "[]",
        "{}",
        "[ ]",
        "[1,UNIT]",
        "[UNIT,1]",
        "[UNIT , UNIT]",
        "UNIT",
        "[[UNIT]]",
        "[UNIT,{}]",
        "[{},UNIT]",
        '[{"x":{"y":[]},REST]',
        '"[UNIT]"',
        "[null]",
    ],
)
def test_parts_of_any_shape(frames: dict[str, str], literal: str) -> None:
    """Lists of levels and of assets that are none, or not wholly."""
    for kind, name in (
        ("orderbook", "orderbook_units"),
        ("orderbook", "obu"),
        ("myAsset", "assets"),
    ):
        parts = members(frames[kind])
        if name in parts:
            unit = json.dumps(json.loads(parts[name])[0])
            text = literal.replace("UNIT", unit).replace("REST", unit[1:])
            assert_same(text_of(parts | {name: text}).encode())


def test_captured_frames() -> None:
    """Captured: real frames, each for itself and as it is recognised."""
    for frame in recording(UPBIT_2021):
        assert_same(frame.raw.encode())


def test_a_list_of_many_subscriptions() -> None:
    """A set has no order of its own; found by the fuzzer."""
    codes = [f"KRW-{number}" for number in range(40)]
    entry = {"type": "ticker", "codes": codes}
    assert_same(json.dumps({"method": "LIST_SUBSCRIPTIONS", "result": [entry]}).encode())


@pytest.mark.parametrize("text", decoder.SEEDS)
def test_seeds_of_the_fuzzer(text: str) -> None:
    """What fuzzing begins with."""
    assert_same(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        b'"\xff"',
        b'"\xc3\xa9\xea\xb0\x80\xf0\x9f\x98\x80"',
        b'"\xc0\x80"',
        b'"\xe0\x80\x80"',
        b'"\xed\xa0\x80"',
        b'"\xf0\x80\x80\x80"',
        b'"\xf4\x90\x80\x80"',
        b'"\xf5\x80\x80\x80"',
        b'"\xe2\x82"',
        b'"\\ud83d\\ude00"',
        b'"\\ud83d"',
        b'"\\ude00"',
        b'"\\ud83d\\u0041"',
        b'"\\ud83dx"',
        b'"\\uD83D\\uDE00\\/\\b\\f\\n\\r\\t\\"\\\\"',
        b'"\\u12g4"',
        b'"\\q"',
        b'"\\',
        b'"\\u',
        b'"a\x00b"',
        b'"a\x1fb"',
        b'"a\x7fb"',
        b"\x00",
        b'"x"\x00',
    ],
)
@pytest.mark.parametrize("place", ["stream_type", "x", "code", "trade_price"])
def test_texts(text: bytes, place: str) -> None:
    """Every escape, and UTF-8 up to its edges, in what is read and in what is passed over."""
    frame = text_of(members(DEFAULT["trade"]) | {place: "PLACE"}).encode()
    assert_same(frame.replace(b"PLACE", text))
    assert_same(frame.replace(b'"PLACE"', text))
    assert_same(frame.replace(b'"timestamp"', text + b':1,"timestamp"'))


@pytest.mark.parametrize(
    "literal",
    ["-", "01", "-01", "1.", ".5", "1e", "1e+", "1.e5", "+1", "1e5.5", "0x1", "1 2", "00", "-0.0"]
    + ["9" * size for size in (19, 20, 40, 41, 999, 1000, 1001)]
    + ["1e9999999999999999999", "-9223372036854775808", "-9223372036854775809", "1e309", "1E-400"]
    + ["0." + "3" * 38, "0." + "3" * 39, "1.165E8", "1e29", "1e30", "0e5", "-1E5", "null"],
)
@pytest.mark.parametrize("name", ["trade_price", "sequential_id", "best_ask_price", "x"])
def test_numbers(literal: str, name: str) -> None:
    """Every form and length, exact or refused."""
    assert_same(text_of(members(DEFAULT["trade"]) | {name: literal}).encode())


@settings(max_examples=300, deadline=None)
@given(frame=st.sampled_from(FRAMES), data=st.data())
def test_values_changed(frame: str, data: Any) -> None:
    """Real frames with any JSON, or almost JSON, in the place of values."""
    parts = members(frame)
    for name in data.draw(st.lists(st.sampled_from(sorted(parts)), min_size=1, max_size=3)):
        parts[name] = data.draw(VALUES)
    shuffled = data.draw(st.permutations(list(parts.items())))
    assert_same(text_of(dict(shuffled)).encode())


@settings(max_examples=300, deadline=None)
@given(frame=st.sampled_from(FRAMES), data=st.data())
def test_bytes_changed(frame: str, data: Any) -> None:
    """Real frames with bytes replaced, inserted, cut out or repeated."""
    body = frame.encode()
    for _ in range(data.draw(st.integers(1, 3))):
        start, stop = sorted(data.draw(st.tuples(*[st.integers(0, len(body))] * 2)))
        stop = min(stop, start + 20)
        put = data.draw(st.binary(max_size=4) | st.just(body[start:stop] * 2))
        body = body[:start] + put + body[stop:]
    assert_same(body)


@settings(max_examples=200, deadline=None)
@given(data=st.data(), vocabulary=st.sampled_from([DEFAULT, SIMPLE]))
def test_units_changed(data: Any, vocabulary: dict[str, str]) -> None:
    """The same within the levels of a book."""
    names = ["ask_price", "bid_size"] if vocabulary is DEFAULT else ["ap", "bs"]
    name = data.draw(st.sampled_from(names))
    assert_same(altered(vocabulary["orderbook"], name, data.draw(VALUES)).encode())
