"""upbit-client, unchanged but for its address, against the local exchange.

It asks the package index for newer versions when it is imported: that is answered here. It reads
the public streams only; its REST side builds itself from a file on the network, so it is left out.
Usage: python -m tests.interop.upbit_client 127.0.0.1:PORT.
"""

import asyncio
import json
import sys
from typing import Any

from tests.interop.facts import Checks, aligned, check_rest_book

CODE = "KRW-BTC"


class _NoNewerVersion:
    def json(self) -> dict[str, Any]:
        return {"releases": {"1.3.4.1": []}}


def load() -> Any:
    import requests  # type: ignore[import-untyped, unused-ignore]

    requests.get = lambda *_, **__: _NoNewerVersion()
    from upbit.websocket import UpbitWebSocket  # type: ignore[import-not-found]

    return UpbitWebSocket


async def take(connection: Any, count: int) -> list[dict[str, Any]]:
    return [json.loads(await connection.recv()) for _ in range(count)]


async def check(address: str, checks: Checks) -> None:
    socket = load()(uri=f"ws://{address}/websocket/v1")
    async with socket as connection:
        kinds = ("ticker", "trade", "orderbook")
        await connection.send(
            socket.generate_payload([socket.generate_type_field(kind, [CODE]) for kind in kinds])
        )
        seen: dict[str, list[dict[str, Any]]] = {kind: [] for kind in kinds}
        while not all(len(heard) >= 3 for heard in seen.values()):
            (message,) = await asyncio.wait_for(take(connection, 1), 15)
            assert message["code"] == CODE
            seen[message["type"]].append(message)
        for kind, heard in seen.items():
            assert heard[0]["stream_type"] == "SNAPSHOT", kind
            assert all(message["stream_type"] == "REALTIME" for message in heard[1:])
            for message in heard:
                if kind == "orderbook":
                    check_rest_book(CODE, message)
                else:
                    aligned(CODE, message["trade_price"])
            checks.passed(f"{kind}: {len(heard)} messages, a snapshot first")

        # The flags go out as isOnlySnapshot; this payload replaces the one before.
        field = socket.generate_type_field("orderbook", [CODE], isOnlySnapshot=True)
        await connection.send(socket.generate_payload([field], format="SIMPLE"))
        while True:
            (message,) = await asyncio.wait_for(take(connection, 1), 15)
            if "ty" in message:
                break
        assert (message["ty"], message["cd"], message["st"]) == ("orderbook", CODE, "SNAPSHOT")
        assert len(message["obu"]) == 30
        assert aligned(CODE, message["obu"][0]["bp"]) < aligned(CODE, message["obu"][0]["ap"])
        try:
            more = await asyncio.wait_for(connection.recv(), 2)
        except TimeoutError:
            checks.passed("orderbook, only its snapshot, SIMPLE: one frame and no more")
        else:
            raise AssertionError(f"more than a snapshot: {more[:80]!r}")
    checks.left_out("orders (its REST client builds itself from a file on the network)")


if __name__ == "__main__":
    done = Checks()
    asyncio.run(check(sys.argv[1], done))
    print(f"{done.count} checks passed")
