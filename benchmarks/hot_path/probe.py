"""tickwire with the compiled event of `probe.c`, in this process: long names, public market data.

What the probe does not recognise, such as the first message of each stream, goes its usual way.
"""

import json
import sysconfig
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import NoneType
from typing import Any, get_args

from benchmarks.hot_path.contenders import build
from tickwire import OrderbookEvent, TickerEvent, TradeEvent, manager
from tickwire.delivery import hub
from tickwire.errors import ProtocolError
from tickwire.events import OrderbookUnit, Payload, event_of
from tickwire.exchanges.upbit import Upbit
from tickwire.exchanges.upbit.vocabulary import wire_names
from tickwire.fields import Field, Number, decimal_of, fields_of

__all__ = ["compiled", "install", "installed", "upbit_with"]


def compiled(place: Path) -> Path | None:
    """Build it there; `None` if there is no compiler, or no header of Python, for that."""
    library = place / "probe.so"
    headers = f"-I{sysconfig.get_paths()['include']}"
    source = Path(__file__).with_suffix(".c")
    return library if build(source, library, "-shared", "-fPIC", headers) else None


def upbit_with(library: Path) -> tuple[type[Upbit], Callable[[Any], Any]]:
    """An exchange adapter that makes compiled events, and the `event_of` that goes with it."""
    probe = _loaded(library)
    unit = probe.Layout("probe.Unit", _fields(OrderbookUnit))
    layouts: dict[type, Any] = {
        event: probe.Layout(f"probe.{event.__name__}", _fields(event), unit)
        for event in (TickerEvent, TradeEvent, OrderbookEvent)
    }

    def learn(payload: Payload, frame: bytes) -> Any:
        """What the beginning of this message stands for."""
        event = None if payload.layout is None else payload.layout.event
        layout = None if event is None else layouts.get(event)
        if layout is None or payload.body is not frame or not frame.startswith(b'{"type"'):
            return None
        stream = payload.stream
        tail = frame[frame.rfind(b",") :] if event is OrderbookEvent else None
        return probe.Known(layout, stream, str(stream.type), stream.symbol, tail)

    class CompiledUpbit(Upbit):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self.recognise = probe.Heads(self.recognise, learn).recognise

    return CompiledUpbit, probe.event_of


def install(library: Path) -> None:
    """Have every manager of this process use it."""
    vars(manager)["Upbit"], vars(hub)["event_of"] = upbit_with(library)


@contextmanager
def installed(event_of: Callable[[Any], Any]) -> Iterator[None]:
    """Have the hub take events from this meanwhile."""
    usual = vars(hub)["event_of"]
    vars(hub)["event_of"] = event_of
    try:
        yield
    finally:
        vars(hub)["event_of"] = usual


def _loaded(library: Path) -> Any:
    loader = ExtensionFileLoader("probe", str(library))
    spec = spec_from_loader("probe", loader)
    assert spec is not None
    probe = module_from_spec(spec)
    loader.exec_module(probe)
    probe.set_up(Decimal, decimal_of, json.loads, ProtocolError, event_of)
    return probe


def _fields(cls: type) -> list[tuple[str, str, str, bool]]:
    """What the probe must know of each: attribute, name on the wire, kind, may it be missing."""
    fields, names = fields_of(cls), wire_names(cls, short=False)
    return [
        (name, wire, _kind(name, fields[name]), _may_be_absent(fields[name]))
        for name, wire in names.items()
    ]


def _kind(name: str, field: Field[Any]) -> str:
    if name == "orderbook_units":
        return "u"
    if isinstance(field, Number):
        return "n"
    if field.kind is int:
        return "i"
    return "s" if str in (field.kind, *get_args(field.kind)) else "a"


def _may_be_absent(field: Field[Any]) -> bool:
    return field.kind is Any or NoneType in get_args(field.kind)
