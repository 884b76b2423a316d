"""Whatever comes from the wire, `ProtocolError` is all that can go wrong."""

import json
from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal, ExtendedContext, localcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.exchanges.upbit.reference import (
    DEFAULT,
    DOCUMENTED,
    EVENTS,
    FIELDS,
    PARTS,
    SIMPLE,
    altered,
    decoded,
    members,
    text_of,
    undecoded,
)
from tests.recordings import UPBIT_2021, recording
from tickwire.core.exchange import Listed, Other
from tickwire.errors import ProtocolError
from tickwire.events import BaseWebSocketEvent, MyAssetEvent, OrderbookEvent, OrderbookUnit
from tickwire.exchanges.upbit import Upbit

FRAMES = [frame for frames in (DEFAULT, SIMPLE) for frame in frames.values()]


def read_throughout(frame: bytes) -> None:
    """Classify, decode, and read every attribute; what comes out is finite and hashable."""
    upbit = Upbit()
    for event in upbit.classify(frame):
        if isinstance(event, Listed):
            hash(event)
        if isinstance(event, Other) and event.event is not None:
            event = event.event
        if isinstance(event, BaseWebSocketEvent):
            hash(event.stream)
            event.check()
            identity_of = upbit.identity_of(event.stream.type)
            assert identity_of is None or isinstance(identity_of(event), int)
            _read(event)
            _read_views(event)


def _read(event: Any) -> None:
    for name in event._fields:
        value = getattr(event, name)
        assert not isinstance(value, Decimal) or value.is_finite()


def _read_views(event: BaseWebSocketEvent) -> None:
    hash(event)
    event.to_json()
    assert isinstance(event.extra, Mapping)
    assert isinstance(event.raw, str)
    assert isinstance(event.is_snapshot, bool)
    if isinstance(event, MyAssetEvent):
        for asset in event.assets:
            _read(asset)
    if isinstance(event, OrderbookEvent):
        for unit in event.orderbook_units:
            _read(unit)
        assert len(event.asks) <= len(event.orderbook_units) >= len(event.bids)


def _fields(*forms: str) -> list[Any]:
    """A frame and a wire name for every field of such a form, in both vocabularies."""
    return [
        pytest.param(frames[kind], names[position], id=f"{kind}-{names[position]}")
        for position, frames in enumerate((DEFAULT, SIMPLE))
        for kind, event in EVENTS.items()
        for cls in ((event, PARTS[event]) if event in PARTS else (event,))
        for default, (simple, form) in FIELDS[cls].items()
        if form in forms
        for names in [(default, simple)]
    ]


NUMBERS = _fields("number", "number?")


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b" ",
        b'"x"',
        b"null",
        b"5",
        b"true",
        b"[null]",
        b"[[]]",
        b'["x"]',
        b"{",
        b"[",
        b"]",
        b"}",
        b"{]",
        b"[{}",
        b"\x00",
        b"\xff",
        b'\xef\xbb\xbf{"status":"UP"}',
        b"PING",
        b'{"type":5}',
        b'{"type":null}',
        b'{"type":["trade"]}',
        b'{"type":"\xff"}',
        b'{"type":"\\ud800"}',
        b'{"status":5}',
        b'{"error":"x"}',
        b'{"error":{"name":[]}}',
        b'{"status":"UP"} {"status":"UP"}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":-Infinity}',
        b'{"a":01}',
        b'{"a":1.}',
        b'{"a":.5}',
        b'{"a":+1}',
        b"{'a':1}",
    ],
)
def test_nonsense_is_a_protocol_error(frame: bytes) -> None:
    """What is no JSON object, or no array of them, is refused with the bytes that came."""
    with pytest.raises(ProtocolError) as error:
        Upbit().classify(frame)
    assert error.value.payload in frame


def test_an_empty_list_holds_nothing() -> None:
    """`[]` is a list of no messages."""
    assert list(Upbit().classify(b"[]")) == []


def test_a_long_list_is_split() -> None:
    """Ten thousand messages in one frame are ten thousand messages."""
    frame = ("[" + ",".join([SIMPLE["trade"]] * 10_000) + "]").encode()
    assert len(Upbit().classify(frame)) == 10_000


@pytest.mark.parametrize(("kind", "frame"), DOCUMENTED)
def test_a_truncated_frame_is_refused(kind: str, frame: str) -> None:
    """Every proper beginning of a frame is no message."""
    whole = frame.encode()
    for length in range(len(whole)):
        with pytest.raises(ProtocolError):
            Upbit().classify(whole[:length])


@pytest.mark.parametrize(
    ("frame", "name"),
    _fields("string", "number", "integer", "array", "object"),
)
def test_a_required_field_must_be_there(frame: str, name: str) -> None:
    """A message without a required field, or with null in its place, is refused."""
    if name in ("type", "ty"):
        return  # without a type it is another kind of message
    with pytest.raises(ProtocolError):
        read_throughout(altered(frame, name, "null").encode())
    with pytest.raises(ProtocolError):
        read_throughout(frame.replace(f'"{name}":', '"gone":').encode())


@pytest.mark.parametrize("literal", ['"1"', '""', '"null"', "true", "false", "[]", "[1]", "{}"])
@pytest.mark.parametrize(("frame", "name"), NUMBERS)
def test_what_is_no_number_is_refused_at_decode(frame: str, name: str, literal: str) -> None:
    """Where a number belongs, nothing else passes; the refusal carries the message."""
    text = altered(frame, name, literal)
    with pytest.raises(ProtocolError) as error:
        decoded(text)
    assert error.value.payload


@pytest.mark.parametrize("literal", ["NaN", "nan", "Infinity", "-Infinity", "inf", "01", "0x1"])
@pytest.mark.parametrize(("frame", "name"), NUMBERS)
def test_what_json_does_not_know_is_refused(frame: str, name: str, literal: str) -> None:
    """Spellings that lenient parsers take for numbers are malformed."""
    with pytest.raises(ProtocolError):
        decoded(altered(frame, name, literal))


@pytest.mark.parametrize("literal", ['"NaN"', '"sNaN"', '"inf"', "1e99999999999999999999"])
def test_a_strange_level_never_becomes_a_key(literal: str) -> None:
    """A level that no Decimal can be made of is refused before anybody looks for its stream."""
    with pytest.raises(ProtocolError):
        Upbit().classify(altered(DEFAULT["orderbook"], "level", literal).encode())


def test_a_long_level_of_strange_bytes_is_refused() -> None:
    """Text where the level belongs, long and no UTF-8: found by fuzzing."""
    frame = altered(DEFAULT["orderbook"], "level", '"LEVEL"').encode()
    with pytest.raises(ProtocolError):
        Upbit().classify(frame.replace(b"LEVEL", b"\xff" + b"9" * 1_200))
    with pytest.raises(ProtocolError):
        Upbit().classify(frame.replace(b"LEVEL", b"\xff\xfe"))


@pytest.mark.parametrize(("frame", "name"), NUMBERS)
def test_a_number_of_a_thousand_digits_is_the_longest(frame: str, name: str) -> None:
    """A longer one is refused, at the latest when it is read."""
    read_throughout(altered(frame, name, "9" * 1000).encode())
    for literal in ("9" * 1001, "1." + "0" * 999, "1e" + "0" * 999, "9" * 100_000):
        with pytest.raises(ProtocolError):
            read_throughout(altered(frame, name, literal).encode())


@pytest.mark.parametrize("literal", [str(2**63), str(-(2**63) - 1), "9" * 1001, "9" * 100_000])
@pytest.mark.parametrize(("frame", "name"), _fields("integer"))
def test_a_whole_number_has_64_bits(frame: str, name: str, literal: str) -> None:
    """Times and ids out of range are refused, never rounded."""
    with pytest.raises(ProtocolError):
        decoded(altered(frame, name, literal))


@pytest.mark.parametrize("literal", ["1.0", "1.5", "1e3", '"1"', "true"])
@pytest.mark.parametrize(("frame", "name"), _fields("integer"))
def test_a_whole_number_is_spelled_as_one(frame: str, name: str, literal: str) -> None:
    """A fraction, an exponent or a text is no time and no id."""
    with pytest.raises(ProtocolError):
        decoded(altered(frame, name, literal))


def test_exponents_beyond_all_bounds_are_refused() -> None:
    """An exponent that no Decimal can hold is refused when the number is read."""
    event: Any = undecoded(altered(DEFAULT["trade"], "trade_price", "1e99999999999999999999"))
    assert event.trade_volume
    with pytest.raises(ProtocolError):
        event.trade_price  # noqa: B018 - reading it is the point


def test_the_callers_decimal_context_changes_nothing() -> None:
    """Numbers are exact, and nonsense is refused, in a context that rounds and traps nothing."""
    with localcontext(ExtendedContext) as context:
        context.prec = 3
        event = decoded(DEFAULT["trade"])
        assert event.trade_volume.as_tuple() == Decimal("0.24290031").as_tuple()
        assert decoded(altered(DEFAULT["orderbook"], "level", "null")).level is None
        bad: Any = undecoded(altered(DEFAULT["trade"], "trade_price", "1e99999999999999999999"))
        with pytest.raises(ProtocolError):
            bad.trade_price  # noqa: B018 - reading it is the point


DEEP = "[" * 100_000 + "]" * 100_000


@pytest.mark.parametrize(
    "frame",
    [
        DEEP,
        '{"x":' * 100_000 + "1" + "}" * 100_000,
        text_of(members(DEFAULT["trade"]) | {"x": DEEP}),
        text_of(members(DEFAULT["trade"]) | {"trade_price": DEEP}),
        text_of(members(DEFAULT["ticker"]) | {"delisting_date": DEEP}),
        text_of(members(SIMPLE["orderbook"]) | {"obu": DEEP}),
        '{"error":' + DEEP + "}",
        '{"type":"unknown","x":' + DEEP + "}",
    ],
    ids=["array", "object", "extra", "number", "any", "units", "error", "unknown"],
)
def test_nesting_without_end_is_refused(frame: str) -> None:
    """A hundred thousand levels are refused wherever they are."""
    with pytest.raises(ProtocolError):
        read_throughout(frame.encode())


@pytest.mark.parametrize(("kind", "frame"), DOCUMENTED)
def test_invalid_utf8_is_refused(kind: str, frame: str) -> None:
    """Bytes that are no text are refused wherever they are, in what is passed over as well."""
    for place in (b'{"x":"\xff",', b'{"\xc3":1,', b'{"x":{"y":["\xed\xa0\x80"]},'):
        with pytest.raises(ProtocolError):
            decoded(place + frame.encode()[1:])


@pytest.mark.parametrize("body", [b"", b"null", b'[{"market":5}]', b'[{"code":"KRW-BTC"}]', b"{}"])
def test_a_market_list_without_sense_is_refused(body: bytes) -> None:
    """The answer of the REST call is read with the same care."""
    with pytest.raises(ProtocolError):
        Upbit().markets(body)
    with pytest.raises(ProtocolError):
        Upbit().levels(body)


@pytest.mark.parametrize(
    "levels",
    ["5", "null", "{}", '["x"]', '["0",null]', '["NaN"]', '["1e999999999"]', '["-1"]'],
)
def test_levels_without_sense_are_refused(levels: str) -> None:
    """Those of the list of instruments, too."""
    with pytest.raises(ProtocolError):
        Upbit().levels(f'[{{"market":"KRW-BTC","supported_levels":{levels}}}]'.encode())


# --- at random ------------------------------------------------------------------------------


@given(st.binary(max_size=200))
def test_random_bytes(frame: bytes) -> None:
    """Bytes at random are refused or hold nothing harmful."""
    with suppress(ProtocolError):
        read_throughout(frame)


@given(frame=st.sampled_from(FRAMES), data=st.data())
def test_frames_with_bytes_changed(frame: str, data: Any) -> None:
    """Real frames with bytes replaced, inserted, cut out or repeated raise nothing else."""
    body = frame.encode()
    for _ in range(data.draw(st.integers(1, 4))):
        start, stop = sorted(data.draw(st.tuples(*[st.integers(0, len(body))] * 2)))
        stop = min(stop, start + 20)
        put = data.draw(st.binary(max_size=4) | st.just(body[start:stop] * 2))
        body = body[:start] + put + body[stop:]
    with suppress(ProtocolError):
        read_throughout(body)


STRANGE = [
    "1e309",
    "-0.0",
    "1e-400",
    "9" * 1001,
    "1e999999999999999999999",
    str(2**63),
    '"\\ud800"',
    '"NaN"',
    '"sNaN"',
    "[[[]]]",
    "NaN",
    "{}",
]
VALUES = st.sampled_from(STRANGE) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
).map(json.dumps)


@given(frame=st.sampled_from(FRAMES), data=st.data())
def test_frames_with_values_changed(frame: str, data: Any) -> None:
    """Real frames with any JSON, or almost JSON, in the place of values raise nothing else."""
    parts = members(frame)
    for name in data.draw(st.lists(st.sampled_from(sorted(parts)), min_size=1, max_size=3)):
        parts[name] = data.draw(VALUES)
    text = text_of(parts)
    with suppress(ProtocolError):
        read_throughout((f"[{text}]" if data.draw(st.booleans()) else text).encode())


@given(data=st.data(), vocabulary=st.sampled_from([DEFAULT, SIMPLE]))
def test_units_with_values_changed(data: Any, vocabulary: dict[str, str]) -> None:
    """The same holds within the levels of a book."""
    short = vocabulary is SIMPLE
    names = [(default, simple)[short] for default, (simple, _) in FIELDS[OrderbookUnit].items()]
    name = data.draw(st.sampled_from(names))
    with suppress(ProtocolError):
        read_throughout(altered(vocabulary["orderbook"], name, data.draw(VALUES)).encode())


@pytest.fixture(scope="module")
def captured() -> list[bytes]:
    """Captured: real frames."""
    return [frame.raw.encode() for frame in recording(UPBIT_2021)]


@given(data=st.data())
def test_captured_frames_with_bytes_changed(captured: list[bytes], data: Any) -> None:
    """One wrong byte in a captured frame raises nothing else."""
    body = bytearray(data.draw(st.sampled_from(captured)))
    body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    with suppress(ProtocolError):
        read_throughout(bytes(body))
