"""Environments beside the project's own, each made from pinned requirements with hashes."""

import subprocess
import venv
from pathlib import Path

__all__ = ["ROOT", "environment"]

ROOT = Path(__file__).parents[2]


def environment(name: str, pins: Path) -> Path:
    """The interpreter of `.interop/NAME`, made anew if it is missing or its pins have changed."""
    home = ROOT / ".interop" / name
    python = home / "bin" / "python"
    stamp = home / "pins.txt"
    if not stamp.exists() or stamp.read_text() != pins.read_text():
        print(f"{name}: making its environment", flush=True)
        venv.create(home, with_pip=True, clear=True)
        pip = [str(python), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
        subprocess.run([*pip, "--require-hashes", "-r", str(pins)], check=True)
        stamp.write_text(pins.read_text())
    return python
