"""Tools for tests: a clock moved by hand, and a network that is a Python object."""

from tickwire.testing.clock import ManualClock
from tickwire.testing.transport import MemoryNetwork, MemoryTransport

__all__ = ["ManualClock", "MemoryNetwork", "MemoryTransport"]
