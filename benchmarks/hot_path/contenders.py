"""Who is measured, and what each can do."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from tests.interop.environments import ROOT, environment

__all__ = [
    "CONTENDERS",
    "FLOOR_C",
    "INLINE",
    "NAIVE",
    "OURS",
    "PURE",
    "UNROUTED",
    "Contender",
    "command",
    "compiled",
]

_ALL = ("ticker", "trade", "orderbook", "mix")
_BOTH = ("DEFAULT", "SIMPLE")


class Contender(NamedTuple):
    """A reader, the pins of its environment (ours if there are none), and what it can read."""

    name: str
    reader: str
    pins: str = ""
    kinds: tuple[str, ...] = _ALL
    formats: tuple[str, ...] = _BOTH
    can_inflate: bool = True
    is_exact: bool = False
    is_floor: bool = False
    option: str = ""
    numbers: str = "float"
    """What it gives numbers as."""
    is_pure: bool = False
    """Whether tickwire's hot path is to run in Python."""


OURS = Contender("tickwire", "tickwire_client", is_exact=True, numbers="Decimal", option="batches")
INLINE = OURS._replace(name="tickwire, a call for each event", option="")
PURE = OURS._replace(name="tickwire, in Python", is_pure=True)
FLOOR_C = Contender(
    "C, no parsing", "floor.c", formats=("DEFAULT",), can_inflate=False, is_floor=True, numbers="-"
)

UNROUTED = Contender(
    "tickwire, wanted by nobody",
    "tickwire_client",
    kinds=("mix",),
    formats=("DEFAULT",),
    is_exact=True,
    option="KRW-NOBODY",
    numbers="-",
)
NAIVE = Contender("naive", "naive", "bench", _ALL, _BOTH[:1], numbers="Decimal")

CONTENDERS = (
    OURS,
    INLINE,
    UNROUTED,
    Contender("upbit-sdk", "upbit_sdk", "interop/upbit-sdk", is_exact=True, numbers="str"),
    Contender(
        "pyupbit", "pyupbit_client", "interop/pyupbit", ("ticker", "trade", "orderbook"), _BOTH[:1]
    ),
    Contender("ccxt.pro", "ccxt_pro", "interop/ccxt", _ALL, _BOTH[:1], can_inflate=False),
    Contender(
        "cryptofeed",
        "cryptofeed_handler",
        "interop/cryptofeed",
        ("trade", "orderbook"),
        _BOTH[1:],
        is_exact=True,
        numbers="Decimal",
    ),
    NAIVE,
    Contender("naive, floats", "naive", "bench", _ALL, _BOTH[:1], option="float"),
    Contender(
        "picows, no parsing",
        "floor_picows",
        formats=("DEFAULT",),
        can_inflate=False,
        is_floor=True,
        numbers="-",
    ),
    FLOOR_C,
)


def command(contender: Contender) -> list[str]:
    """What runs its reader, before the job; makes its environment where it is missing."""
    if contender is FLOOR_C:
        return [str(_binary)]
    python = sys.executable
    if contender.pins:
        pins = ROOT / "requirements" / f"{contender.pins}.txt"
        python = str(environment(pins.stem, pins))
    in_python = ["benchmarks.hot_path.in_python"] if contender.is_pure else []
    return [python, "-m", *in_python, f"benchmarks.hot_path.readers.{contender.reader}"]


_binary = Path()


def compiled(place: Path) -> bool:
    """Build the reader in C there; says whether there is a compiler that does it."""
    global _binary
    _binary = place / "floor"
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        return False
    source = Path(__file__).parent / "readers" / FLOOR_C.reader
    arguments = [compiler, "-O2", "-o", str(_binary), str(source)]
    return subprocess.run(arguments, check=False).returncode == 0
