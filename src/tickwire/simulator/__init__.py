"""The local exchange: Upbit in a box, for examples, demonstrations and tests without a network.

A `Simulator` listens on loopback and speaks the wire of Upbit's three WebSocket endpoints: the
same requests, tokens, formats, number spellings, errors and limits, over a seeded synthetic market
or over a recording. Where nobody knows how Upbit behaves there are `Switches`. It keeps count of
what its clients do (`stats()`, `GET /sim/stats`), so a test can ask it afterwards whether they kept
to the rules.

It shares no code with the client, on purpose: a mistake in reading the wire must not be made twice.
"""

from tickwire.simulator.server import Simulator
from tickwire.simulator.switches import Switches

__all__ = ["Simulator", "Switches"]
