"""Time for the model: one task steps it for everybody and hands each connection what is due.

    step ──► flush ──► cut the idle ──► sleep until something is due, and a step's length at least

The pause follows what the model says is due next, so an exchange of a few markets costs little, and
a clock moved by hand gets through an hour in seconds. Where something is due all the time, as with
all markets, steps keep to a schedule of 2 ms.
"""

import logging
from collections.abc import Mapping

from tickwire.simulator.exchange import Exchange
from tickwire.simulator.line import Line
from tickwire.simulator.wire.session import Session
from tickwire.world import Clock

__all__ = ["keep_stepping"]

_log = logging.getLogger(__name__)

# What falls due is at most this late. Finer steps would only wake the processor more often.
_STEP_S = 0.002
# But for what comes from outside during a pause, such as an order: this late. A wall clock that is
# set is noticed as soon. Shorter than the way of an order into its market.
_PAUSE_NS = 20_000_000
# A pause that ends a rounding too early would be followed by another.
_ROUNDING_NS = 1_000

# After a pause or under too high a rate at most this much market happens in one turn of the loop:
# whoever connects or asks meanwhile is answered. What is further behind than the limit is left out.
_SLICE_NS = 50_000_000
_BEHIND_LIMIT_NS = 60_000_000_000


async def keep_stepping(model: Exchange, clock: Clock, lines: Mapping[Session, Line]) -> None:
    """Step the model until cancelled. If it fails, every connection is cut."""
    try:
        reached_ns, due = clock.wall_ns(), clock.now()
        while True:
            now_ns = clock.wall_ns()
            if now_ns - reached_ns < _BEHIND_LIMIT_NS:
                reached_ns = min(now_ns, reached_ns + _SLICE_NS)
            else:
                reached_ns = now_ns
            model.step(reached_ns)
            for session, line in lines.items():
                if session.outbox or session.backlog:
                    line.flush(now_ns)
            for session in model.idle(now_ns):
                if session in lines:
                    lines[session].cut("idle")
            # Steps keep to a schedule: pauses that begin when the work is done would add it.
            now = clock.now()
            pause_ns = model.due_ns(reached_ns + _PAUSE_NS) + _ROUNDING_NS - clock.wall_ns()
            due = max(due + _STEP_S, now, now + pause_ns / 1e9)
            await clock.sleep(due - now)
    except Exception:
        _log.exception("simulator.failed")
        for line in lines.values():
            line.cut("dropped")
        raise
