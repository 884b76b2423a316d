"""Where the library's log goes while a command has the terminal."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["route_logs"]


@contextmanager
def route_logs(tell: Callable[[str], None]) -> Iterator[None]:
    """Tell errors in a line each. Warnings are left out: they arrive as control events as well."""
    logger = logging.getLogger("tickwire")
    teller, propagated = _Teller(tell), logger.propagate
    logger.addHandler(teller)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(teller)
        logger.propagate = propagated


class _Teller(logging.Handler):
    """Hands over the text of a record, without a traceback."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__(logging.ERROR)
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        self._tell(record.getMessage())
