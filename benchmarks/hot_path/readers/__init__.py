"""The readers: one script for each contender, run by its own environment's interpreter.

They may import nothing but the contender, the standard library, `job`, and what tests/interop
knows about the contender's addresses.
"""

COMPONENTS = 100
COMPONENTS_WANTING = 5
"""Of the components of a latency run, so many want each event."""
