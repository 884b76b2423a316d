"""The compiled probe reads what tickwire reads, or its gain would be none; stages end as told."""

from pathlib import Path
from typing import Any

import pytest
from benchmarks.hot_path.corpus import Corpus, check, make
from benchmarks.hot_path.frames import FrameFile, framed
from benchmarks.hot_path.passes import STAGES, one_pass
from benchmarks.hot_path.probe import compiled, installed, upbit_with
from benchmarks.hot_path.stages import ONLY_OF

from tickwire import ProtocolError
from tickwire.events import OrderbookEvent, OrderbookUnit, event_of
from tickwire.exchanges.upbit import Upbit
from tickwire.fields import fields_of

KINDS = ("ticker", "trade", "orderbook")
ADDRESS = "ws://127.0.0.1"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = compiled(tmp_path_factory.mktemp("probe"))
    if built is None:
        pytest.skip("no C compiler, or no header of Python")
    return built


@pytest.fixture(scope="module")
def corpora() -> dict[str, Corpus]:
    made = make(dict.fromkeys(KINDS, 300), ["DEFAULT"])
    return {kind: made[kind, "DEFAULT"] for kind in KINDS}


def _recognising(exchange: type[Upbit], body: bytes) -> Upbit:
    """An adapter that has seen this message often enough to recognise one that begins like it."""
    adapter = exchange(websocket_base_url=ADDRESS)
    adapter.classify(body)
    adapter.recognise(body)
    return adapter


def _fields(view: Any, cls: type) -> dict[str, str]:
    """The fields as text, so that it matters how a number is shown."""
    return {name: str(getattr(view, name)) for name in fields_of(cls) if name != "orderbook_units"}


@pytest.mark.parametrize("kind", KINDS)
def test_the_probe_reads_what_tickwire_reads(
    library: Path, corpora: dict[str, Corpus], kind: str
) -> None:
    """Every field of every event, and all levels of a book."""
    exchange, probe_event_of = upbit_with(library)
    for body in corpora[kind].payloads:
        payload = _recognising(Upbit, body).recognise(body)
        assert payload is not None
        true, probed = event_of(payload), _recognising(exchange, body).recognise(body)
        assert probe_event_of(probed) is probed
        assert type(probed).__module__ == "probe"
        assert probed is not None
        assert probed.stream == true.stream
        assert _fields(probed, type(true)) == _fields(true, type(true))
        if isinstance(true, OrderbookEvent):
            units: Any = probed
            assert [_fields(unit, OrderbookUnit) for unit in units.orderbook_units] == [
                _fields(unit, OrderbookUnit) for unit in true.orderbook_units
            ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"stream_type":', b'"stream_type"'),
        (b'"stream_type":"', b'"stream_type":"\x01'),
        (b'"stream_type":"', b'"stream_type":"\\q'),
        (b'"stream_type":"', b'"stream_type":"\\u12g4'),
        (b'"stream_type":"', b'"stream_type":"\xff'),
        (b'"stream_type":"', b'"stream_type":"\xed\xa0\x80'),
        (b'"stream_type":"', b'"stream_type":1,"x":"'),
        (b'"trade_price":', b'"trade_price":0'),
        (b'"trade_price":', b'"trade_price":-.'),
        (b'"trade_price":', b'"trade_price":"1","x":'),
        (b'"trade_price":', b'"x":'),
        (b'"trade_timestamp":', b'"trade_timestamp":1.0,"x":'),
        (b'"trade_price":', b'"code":"KRW-OTHER","trade_price":'),
        (b'"trade_price":', b'"x":' + b"[" * 100 + b"]" * 100 + b',"trade_price":'),
        (b"}", b"}}"),
        (b"}", b"}\x00}"),
    ],
)
def test_the_probe_refuses_what_is_no_trade(
    library: Path, corpora: dict[str, Corpus], old: bytes, new: bytes
) -> None:
    """It checks as much as it is paid for, and says that a message is unreadable, once."""
    body = corpora["trade"].payloads[-1]
    broken = body.replace(old, new, 1)
    assert broken != body
    event: Any = _recognising(upbit_with(library)[0], body).recognise(broken)
    told: list[ProtocolError] = []
    event.unreadable = told.append
    for _ in range(2):
        with pytest.raises(ProtocolError):
            _ = event.trade_volume
    assert len(told) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_every_stage_is_passed_by_all_frames(
    library: Path, corpora: dict[str, Corpus], kind: str, tmp_path: Path
) -> None:
    """With the probe and without; at the end the sums are those of the corpus."""
    corpus = corpora[kind]
    frames = FrameFile.write(tmp_path / "frames", framed(corpus.payloads))
    compiled_upbit, probe_event_of = upbit_with(library)
    for stage in STAGES:
        if ONLY_OF.get(stage, kind) != kind:
            continue
        passed = [one_pass(stage, kind, frames, Upbit)]
        with installed(probe_event_of):
            passed.append(one_pass(stage, kind, frames, compiled_upbit))
        for each in passed:
            assert each.cpu_us > 0
            if stage == "sum":
                check(corpus.sums(len(corpus.payloads)), each.sums, exact=True)
