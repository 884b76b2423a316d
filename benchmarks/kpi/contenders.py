"""Who is measured."""

import sys
from typing import NamedTuple

from tests.interop.environments import ROOT, environment

__all__ = ["CHANGES", "CONTENDERS", "EACH", "OURS", "QUEUE", "Contender", "command"]


class Contender(NamedTuple):
    """A client, the pins of its environment (ours if there are none), and how it goes about it."""

    name: str
    client: str
    does: str
    pins: str = ""
    option: str = ""


OURS = Contender("tickwire", "tickwire_client", "up to 100 components on one manager")
QUEUE = Contender(
    "naive queue",
    "naive",
    "one connection; each wish's message sleeps until both limits let it go",
    "bench",
    "queue",
)
EACH = Contender(
    "naive, each",
    "naive_each",
    "a connection for each of up to 100 components, opened as the limit allows",
    "bench",
)

CONTENDERS = (
    OURS,
    Contender(
        "naive",
        "naive",
        "one connection, a message for each wish at once; knows no limit",
        "bench",
    ),
    QUEUE,
    EACH,
    Contender(
        "ccxt.pro",
        "ccxt_pro",
        "`watch_…` for each wish; tries again after 1 s",
        "interop/ccxt",
    ),
    Contender(
        "upbit-sdk",
        "upbit_sdk",
        "`ws_stream` for each wish; tries again after 1 s",
        "interop/upbit-sdk",
    ),
)

CHANGES = Contender("tickwire", "tickwire_changes", "another set every 100 ms")


def command(contender: Contender) -> list[str]:
    """What runs its client, before the job; makes its environment where it is missing."""
    python = sys.executable
    if contender.pins:
        pins = ROOT / "requirements" / f"{contender.pins}.txt"
        python = str(environment(pins.stem, pins))
    return [python, "-m", f"benchmarks.kpi.clients.{contender.client}"]
