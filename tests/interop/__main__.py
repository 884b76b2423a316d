"""Clients nobody here wrote read and trade on the local exchange, each in its own environment.

    python -m tests.interop [CLIENT ...]

The environments are kept in `.interop/`, made from pinned requirements with hashes. Every client
gets an exchange of its own, with the same market and an account that starts anew.
"""

import asyncio
import re
import sys
import time

from benchmarks.processes import local_exchange

from tests.interop.environments import ROOT, environment

# The script of each client. What it reads and what it cannot do is said there.
CLIENTS = {
    "upbit-sdk": "upbit_sdk",
    "pyupbit": "pyupbit_manager",
    "ccxt": "ccxt_pro",
    "cryptofeed": "cryptofeed_handler",
    "upbit-client": "upbit_client",
    "upbit-connect": "upbit_connect_socket",
}

# Clients warn of shorter secrets than 32 bytes.
KEY = "interop-access:interop-secret-of-the-toy-account"
MARKETS = 30
_LONGEST_S = 180


async def run(name: str, script: str) -> int | None:
    """How many checks have passed; `None` if one has not."""
    pins = ROOT / "requirements" / "interop" / f"{name}.txt"
    python = await asyncio.to_thread(environment, name, pins)
    arguments = ("--seed", "1", "--markets", str(MARKETS), "--key", KEY)
    async with local_exchange(*arguments) as address:
        print(f"{name} against {address}", flush=True)
        started = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            str(python),
            "-m",
            f"tests.interop.{script}",
            address,
            KEY,
            stdout=asyncio.subprocess.PIPE,
            cwd=ROOT,
        )
        try:
            last = await asyncio.wait_for(_told(process), _LONGEST_S)
        except TimeoutError:
            print(f"  no end after {_LONGEST_S} s", flush=True)
            last = ""
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
        print(f"  {time.monotonic() - started:.0f} s", flush=True)
    counted = re.fullmatch(r"(\d+) checks passed", last)
    return int(counted.group(1)) if counted and process.returncode == 0 else None


async def _told(process: asyncio.subprocess.Process) -> str:
    """Print what the script says as it says it; gives its last line, once it has ended."""
    assert process.stdout is not None
    line = ""
    async for raw in process.stdout:
        line = raw.decode().rstrip()
        print(line, flush=True)
    await process.wait()
    return line


async def main(wanted: list[str]) -> int:
    unknown = set(wanted) - set(CLIENTS)
    if unknown:
        print(f"no such client: {', '.join(sorted(unknown))}; there are {', '.join(CLIENTS)}")
        return 2
    names = wanted or list(CLIENTS)
    passed, failed = 0, []
    for name in names:
        count = await run(name, CLIENTS[name])
        if count is None:
            failed.append(name)
        else:
            passed += count
    verdict = f"FAILED: {', '.join(failed)}" if failed else "ok"
    print(f"interop: {len(names)} client(s), {passed} checks passed: {verdict}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
