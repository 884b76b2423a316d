"""Tools for tests: a local exchange beside them, a clock moved by hand, a network in memory."""

from tickwire.testing.clock import ManualClock
from tickwire.testing.exchange import LocalExchange
from tickwire.testing.transport import MemoryNetwork, MemoryTransport

__all__ = ["LocalExchange", "ManualClock", "MemoryNetwork", "MemoryTransport"]
