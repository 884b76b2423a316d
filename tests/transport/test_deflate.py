"""What a handshake may agree on, and inflating: right, in bounded steps, and never too much."""

import contextlib
import tracemalloc
import zlib
from collections.abc import Iterable, Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickwire.errors import TransportError
from tickwire.transport.deflate import STEP_BYTES, Agreement, Inflater, agreed

LIMIT = 1 << 20


def deflated(
    messages: Iterable[bytes], *, bits: int = 15, takeover: bool = True, level: int = 6
) -> list[bytes]:
    """The payloads of a server that deflates with these settings."""
    payloads = []
    deflate = zlib.compressobj(level, zlib.DEFLATED, -bits)
    for message in messages:
        payload = deflate.compress(message) + deflate.flush(zlib.Z_SYNC_FLUSH)
        payloads.append(payload.removesuffix(b"\x00\x00\xff\xff"))
        if not takeover:
            deflate = zlib.compressobj(level, zlib.DEFLATED, -bits)
    return payloads


def inflated(inflater: Inflater, *frames: bytes) -> bytes:
    """The message in these frames; checks that no step does too much."""
    for number, payload in enumerate(frames, 1):
        message = inflater.inflate(payload, last=number == len(frames))
        assert inflater.worked <= STEP_BYTES
        while inflater.has_more:
            assert message is None
            message = inflater.go_on()
            assert inflater.worked <= STEP_BYTES
    assert message is not None
    return message


def split(payload: bytes, cuts: Sequence[int]) -> list[bytes]:
    """The payload in pieces, cut at these places."""
    places = [0, *sorted(min(cut, len(payload)) for cut in cuts), len(payload)]
    return [payload[start:end] for start, end in pairwise(places)]


@pytest.mark.parametrize(
    ("answers", "agreement"),
    [
        ([], None),
        ([" "], None),
        (["permessage-deflate"], Agreement()),
        (["permessage-deflate; server_no_context_takeover"], Agreement(takeover=False)),
        (["permessage-deflate;client_no_context_takeover"], Agreement()),
        (["permessage-deflate; client_max_window_bits=9"], Agreement()),
        (['permessage-deflate; server_max_window_bits="10"'], Agreement(10)),
        (
            ["permessage-deflate; server_max_window_bits=8 ; server_no_context_takeover"],
            Agreement(8, takeover=False),
        ),
    ],
)
def test_an_answer_is_an_agreement(answers: list[str], agreement: Agreement | None) -> None:
    """No header is no compression; the server's parameters say how it deflates."""
    assert agreed(answers, offered=True) == agreement


@pytest.mark.parametrize(
    "answers",
    [
        ["permessage-bzip2"],
        ["permessage-deflate, permessage-deflate"],
        ["permessage-deflate", "x-webkit-deflate-frame"],
        ["permessage-deflate; server_max_window_bits"],
        ["permessage-deflate; server_max_window_bits=16"],
        ["permessage-deflate; server_max_window_bits=7"],
        ["permessage-deflate; server_max_window_bits=010"],
        ['permessage-deflate; server_max_window_bits="10'],
        ["permessage-deflate; server_max_window_bits=10; server_max_window_bits=10"],
        ["permessage-deflate; client_max_window_bits"],
        ["permessage-deflate; server_no_context_takeover=1"],
        ["permessage-deflate; level=9"],
        ["permessage-deflate;"],
    ],
)
def test_an_answer_we_cannot_accept_is_an_error(answers: list[str]) -> None:
    """Other extensions, and parameters that are unknown, twice there, or out of range."""
    with pytest.raises(TransportError, match=answers[0]):
        agreed(answers, offered=True)


def test_nothing_offered_is_nothing_agreed() -> None:
    """A server may not compress unasked."""
    assert agreed([], offered=False) is None
    with pytest.raises(TransportError, match="not offered: permessage-deflate"):
        agreed(["permessage-deflate"], offered=False)


@pytest.mark.parametrize(
    "frames",
    [
        ["f2 48 cd c9 c9 07 00"],
        ["f2 48 cd", "c9 c9 07 00"],
        ["00 05 00 fa ff 48 65 6c 6c 6f 00"],
        ["f3 48 cd c9 c9 07 00 00"],
        ["f3 48 cd c9", "c9 07 00", "00"],
        ["f2 48 05 00 00 00 ff ff ca c9 c9 07 00"],
    ],
    ids=["whole", "fragments", "stored", "final block", "final block in fragments", "two blocks"],
)
def test_the_examples_of_the_standard(frames: list[str]) -> None:
    """RFC 7692, section 7.2.3; each twice, since what is left behind by one may harm the next."""
    inflater = Inflater(Agreement(), LIMIT)
    for _ in range(2):
        assert inflated(inflater, *map(bytes.fromhex, frames)) == b"Hello"


def test_the_window_is_kept_as_agreed() -> None:
    """RFC 7692, section 7.2.3.2: a second message of five bytes says "as before"."""
    first, again = bytes.fromhex("f2 48 cd c9 c9 07 00"), bytes.fromhex("f2 00 11 00 00")
    inflater = Inflater(Agreement(), LIMIT)
    assert [inflated(inflater, first), inflated(inflater, again)] == [b"Hello", b"Hello"]

    forgetful = Inflater(Agreement(takeover=False), LIMIT)
    assert inflated(forgetful, first) == b"Hello"
    with pytest.raises(ValueError, match="makes no sense"):
        inflated(forgetful, again)


def test_the_window_is_as_small_as_agreed() -> None:
    """Who promises 512 bytes may not point further back."""
    message = b"".join(n.to_bytes(2) for n in range(1000))
    inflater = Inflater(Agreement(9), LIMIT)
    for payload in deflated([message, message], bits=9):
        assert inflated(inflater, payload) == message

    inflater = Inflater(Agreement(9), LIMIT)
    first, again = deflated([message, message], bits=15)
    assert inflated(inflater, first) == message
    with pytest.raises(ValueError, match="too far back"):
        inflated(inflater, again)


@given(
    messages=st.lists(
        st.binary(max_size=300)
        | st.builds(
            lambda unit, times: unit * times,
            st.binary(min_size=1, max_size=9),
            # Around a step, where a boundary falls on the end of the output, and well above.
            st.integers(STEP_BYTES // 9 - 3, STEP_BYTES // 9 + 3) | st.integers(0, STEP_BYTES // 3),
        ),
        min_size=1,
        max_size=4,
    ),
    cuts=st.lists(st.integers(0, 400), max_size=6),
    bits=st.integers(9, 15),
    takeover=st.booleans(),
    level=st.sampled_from([0, 1, 6]),
)
def test_any_split_inflates_to_the_same(
    messages: Sequence[bytes], cuts: Sequence[int], bits: int, takeover: bool, level: int
) -> None:
    """However a server deflates and cuts its messages into frames, what it said comes out."""
    inflater = Inflater(Agreement(bits, takeover=takeover), LIMIT)
    for message, payload in zip(
        messages, deflated(messages, bits=bits, takeover=takeover, level=level), strict=True
    ):
        assert inflated(inflater, *split(payload, cuts)) == message


@pytest.mark.parametrize("size", [STEP_BYTES - 1, STEP_BYTES, STEP_BYTES + 1, LIMIT - 1, LIMIT])
@pytest.mark.parametrize("level", [0, 9])
def test_up_to_the_limit_is_well(size: int, level: int) -> None:
    """Sizes at which a step, or all that is allowed, is exactly full; twice each."""
    message = bytes(size)
    inflater = Inflater(Agreement(), LIMIT)
    for payload in deflated([message, message], level=level):
        assert inflated(inflater, payload) == message


@pytest.mark.parametrize("cuts", [[], [10, 20, 30]], ids=["whole", "in fragments"])
@pytest.mark.parametrize("size", [LIMIT + 1, 64 * LIMIT])
def test_a_bomb_is_given_up_at_the_limit(size: int, cuts: list[int]) -> None:
    """Never is more held than allowed, whatever it would have come to."""
    (payload,) = deflated([bytes(size)])
    frames = split(payload, cuts)
    inflater = Inflater(Agreement(), LIMIT)
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=f"inflates to over {LIMIT} bytes"):
            inflated(inflater, *frames)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # The frame itself and its copy with the tail, and what zlib grows its last part in.
    assert peak < LIMIT + 4 * STEP_BYTES


def test_a_message_without_end_and_without_content_costs_nothing() -> None:
    """Empty blocks inflate to nothing; they are counted as work, and no heap grows of them."""
    inflater = Inflater(Agreement(), LIMIT)
    nothing = b"\x00\x00\x00\xff\xff" * 100
    inflater.inflate(nothing, last=False)
    tracemalloc.start()
    try:
        for _ in range(10_000):
            assert inflater.inflate(nothing, last=False) is None
            assert inflater.worked == len(nothing)
        left, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert left < 20 * len(nothing)
    assert inflated(inflater, *deflated([b"at last"])) == b"at last"


@pytest.mark.parametrize(
    ("frames", "reason"),
    [
        ([b"\xff\xff\xff\xff"], "makes no sense"),
        ([b'{"type":"trade"}'], "makes no sense"),
        ([b"\x03\x00" * 1000], "goes on after its end"),
        ([b"\x03\x00" + b"\x00" * 5, b""], "goes on after its end"),
        ([b"\x03\x00", b"1"], "goes on after its end"),
    ],
)
def test_nonsense_is_an_error(frames: list[bytes], reason: str) -> None:
    """Data that is no deflate stream, and data behind the end of one."""
    with pytest.raises(ValueError, match=reason):
        inflated(Inflater(Agreement(), LIMIT), *frames)


def test_a_stream_that_goes_on_after_its_end_is_given_up_at_once() -> None:
    """Not only with the end of a message that may never come."""
    inflater = Inflater(Agreement(), LIMIT)
    assert inflater.inflate(b"\x03\x00", last=False) is None
    with pytest.raises(ValueError, match="goes on after its end"):
        inflater.inflate(b"\x00" * 6, last=False)


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=3))
def test_any_bytes_are_a_message_or_an_error(payload: bytes, cuts: Sequence[int]) -> None:
    """Nothing but `ValueError` comes of what a server may send."""
    inflater = Inflater(Agreement(), LIMIT)
    with contextlib.suppress(ValueError):
        assert len(inflated(inflater, *split(payload, cuts))) <= LIMIT
