"""Where the library's log goes while a command has the terminal."""

import logging
from collections.abc import Callable

__all__ = ["route_logs"]


def route_logs(tell: Callable[[str], None]) -> None:
    """Tell errors in a line each. Warnings are left out: they arrive as control events as well."""
    logger = logging.getLogger("tickwire")
    logger.addHandler(_Teller(tell))
    logger.propagate = False


class _Teller(logging.Handler):
    """Hands over the text of a record, without a traceback."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__(logging.ERROR)
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        self._tell(record.getMessage())
