"""Both twins of the hot path in one process, each with a tickwire of its own around it."""

import pickle
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

__all__ = ["Twin", "compiled", "pure"]


class Twin:
    """A tickwire of its own: its classes are not those that others import."""

    def __init__(self, *, is_pure: bool) -> None:
        self._modules: dict[str, ModuleType] = {}
        if is_pure:
            self._modules["tickwire._hot"] = None  # type: ignore[assignment]
        with self._in_place():
            self.is_compiled: bool = import_module("tickwire.hot").IS_COMPILED
            self.upbit: Any = import_module("tickwire.exchanges.upbit").Upbit()
            self.error: type[Exception] = import_module("tickwire.errors").ProtocolError
            self.event: type = import_module("tickwire.events").BaseWebSocketEvent

    @contextmanager
    def _in_place(self) -> Iterator[None]:
        others = _taken()
        sys.modules.update(self._modules)
        try:
            yield
        finally:
            self._modules = _taken()
            sys.modules.update(others)

    def _copied(self, event: Any) -> object:
        """What has become of an event that was pickled; the bytes name its class as all do."""
        with self._in_place():
            copy = pickle.loads(pickle.dumps(event))
        assert copy == event
        return repr(copy), copy.raw, copy.received_time_ns, copy.handed_over

    def told(self, frame: bytes, read: str = "") -> object:
        """What a frame is to this twin, as nothing but texts and bytes: the same for both.

        With `read`, that field is read before all others.
        """
        try:
            messages = self.upbit.classify(frame)
        except self.error:
            return "ProtocolError"
        known = self.upbit.recognise(frame)
        told = [self._event_told(known, "")]
        for message in messages:
            event = getattr(message, "event", message)
            told.append(self._event_told(event, read) or _said(message))
        return told

    def _event_told(self, event: Any, read: str) -> object:
        if not isinstance(event, self.event):
            return None
        fields: Any = event
        unreadable: list[Exception] = []
        event._arrive(5, unreadable.append)  # type: ignore[attr-defined]
        names = [read] * bool(read) + [*fields._fields, "extra", "raw", "stream", "streams"]
        values = {name: self._read(lambda name=name: getattr(fields, name)) for name in names}
        best = self._read(lambda: fields.orderbook_units[0])
        asks = self._read(lambda: list(fields.asks))
        whole = self._read(fields.to_dict)
        told = [type(event).__name__, values, best, asks, whole, len(unreadable)]
        if whole != "ProtocolError":
            told += [self._copied(fields), self._copied(fields.as_handed_over()), repr(event)]
            told += [hash(fields) == hash(fields.as_handed_over()), fields.to_json()]
        return told

    def _read(self, read: Any) -> object:
        try:
            value = read()
            return repr(sorted(map(str, value))) if isinstance(value, frozenset) else repr(value)
        except self.error:
            return "ProtocolError"
        except (AttributeError, IndexError, UnicodeDecodeError) as error:
            return type(error).__name__


def _taken() -> dict[str, Any]:
    """The modules of tickwire that are imported, taken out."""
    names = [name for name in sys.modules if name.split(".")[0] == "tickwire"]
    return {name: sys.modules.pop(name) for name in names}


def compiled() -> Twin | None:
    """The compiled twin; `None` if it is not there."""
    twin = Twin(is_pure=False)
    return twin if twin.is_compiled else None


def pure() -> Twin:
    """The twin in Python."""
    return Twin(is_pure=True)


def _said(message: Any) -> str:
    """What is no event, as a text; streams in order, which those of a set have not."""
    if type(message).__name__ == "Listed":
        return f"{message.ticket}: {sorted(map(str, message.streams))}"
    return repr(message)
