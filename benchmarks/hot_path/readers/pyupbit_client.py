"""pyupbit's WebSocketClient, in this process and with a queue that reads at once.

Its WebSocketManager does the same in a process of its own and pickles each message, which costs
more. It asks for one type a connection, so there is no mix.
"""

import sys
from typing import Any

from tests.interop.pyupbit_manager import redirect

from benchmarks.hot_path.job import Job, Tally


class Queue:
    """What pyupbit puts its dicts into."""

    def __init__(self, job: Job) -> None:
        tally = Tally(job, self.finished)
        add = tally.adder(job.kind)

        def put_price(message: dict[str, Any]) -> None:
            add(message["trade_timestamp"], message["trade_price"])

        def put_trade(message: dict[str, Any]) -> None:
            add(message["trade_price"], message["trade_volume"])

        def put_book(message: dict[str, Any]) -> None:
            best = message["orderbook_units"][0]
            add(best["ask_price"], best["ask_size"])

        put = {"ticker": put_price, "trade": put_trade, "orderbook": put_book}
        self.put = tally.keeping(put[job.kind])
        self._tally = tally

    def finished(self) -> None:
        self._tally.tell()
        sys.exit()


def main(job: Job) -> None:
    redirect(job.address)
    from pyupbit import WebSocketClient  # type: ignore[import-not-found, unused-ignore]

    WebSocketClient(job.kind, list(job.codes), Queue(job))


if __name__ == "__main__":
    main(Job.given())
