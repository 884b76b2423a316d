"""Clients nobody here wrote read the local exchange, each in an environment of its own.

    python -m tests.interop

The environments are kept in `.interop/`, made from pinned requirements with hashes.
"""

import asyncio
import re
import subprocess
import sys
import venv
from pathlib import Path

from benchmarks.processes import local_exchange

ROOT = Path(__file__).parents[2]
CLIENTS = {"upbit-sdk": "upbit_sdk.py"}


def environment(name: str) -> Path:
    """The interpreter of a client's environment, made if it is missing or outdated."""
    pins = ROOT / "requirements" / "interop" / f"{name}.txt"
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


async def main() -> int:
    passed, failed = 0, []
    for name, script in CLIENTS.items():
        python = environment(name)
        async with local_exchange("--seed", "1") as address:
            print(f"{name} against {address}", flush=True)
            process = await asyncio.create_subprocess_exec(
                str(python),
                str(Path(__file__).with_name(script)),
                address,
                stdout=asyncio.subprocess.PIPE,
            )
            output, _ = await process.communicate()
        text = output.decode()
        print(text, end="", flush=True)
        counted = re.search(r"(\d+) checks passed", text)
        if process.returncode or counted is None:
            failed.append(name)
        else:
            passed += int(counted.group(1))
    verdict = f"FAILED: {', '.join(failed)}" if failed else "ok"
    print(f"interop: {len(CLIENTS)} client(s), {passed} checks passed: {verdict}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
