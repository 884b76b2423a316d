"""Who wants which frames: streams to formats to connections."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from tickwire.simulator.wire.formats import Format
from tickwire.simulator.wire.session import Session, Stream

__all__ = ["Render", "Routes"]


class Render(Protocol):
    """Writes the frame of a stream in a format."""

    def __call__(self, stream: Stream, form: Format) -> bytes: ...


class Routes:
    """The live streams of all connections, looked up by what has just happened.

    A frame is written once for each stream and format that somebody wants, and all who want it
    share the bytes.
    """

    def __init__(self) -> None:
        self._by_event: dict[tuple[str, str], dict[Stream, dict[Format, list[Session]]]] = {}
        self._entered: dict[Session, list[tuple[Stream, Format]]] = {}

    def replace(self, session: Session, live: Iterable[Stream], form: Format) -> None:
        """From now on these streams, in this format, and none of those before."""
        self.remove(session)
        entered = self._entered[session] = []
        for stream in live:
            variants = self._by_event.setdefault((stream.type, stream.code), {})
            variants.setdefault(stream, {}).setdefault(form, []).append(session)
            entered.append((stream, form))

    def remove(self, session: Session) -> None:
        """Nothing more for this connection."""
        for stream, form in self._entered.pop(session, ()):
            variants = self._by_event[stream.type, stream.code]
            formats = variants[stream]
            formats[form].remove(session)
            if formats[form]:
                continue
            del formats[form]
            if not formats:
                del variants[stream]
                if not variants:
                    del self._by_event[stream.type, stream.code]

    def deliver(self, kind: str, code: str, render: Render) -> None:
        """Something of this type has happened in this market: write it for all who want it."""
        for stream, form, sessions in self._wanted(kind, code):
            frame = render(stream, form)
            for session in sessions:
                session.outbox.append(frame)

    def _wanted(self, kind: str, code: str) -> Iterator[tuple[Stream, Format, list[Session]]]:
        for stream, formats in self._by_event.get((kind, code), {}).items():
            for form, sessions in formats.items():
                yield stream, form, sessions
