"""How programs that use the client without `await` end: by themselves, by Ctrl-C, and forked."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tickwire import UsageError
from tickwire.background import Background
from tickwire.testing import LocalExchange

SECONDS = 20.0
"""More than any of these programs needs."""


@pytest.fixture
def exchange() -> Iterator[LocalExchange]:
    with LocalExchange(seed=3, markets=5) as running:
        yield running


def program(text: str, exchange: LocalExchange) -> subprocess.Popen[str]:
    """A Python program with a client of the exchange, reached by name as the real one is."""
    url = exchange.websocket_base_url.replace("127.0.0.1", "localhost")
    head = (
        "import os, sys, threading\n"
        "from tickwire import SyncWebSocketClient, UsageError\n"
        f"client = SyncWebSocketClient('client', websocket_base_url={url!r})\n"
        "client.subscribe_ticker('KRW-BTC')\n"
        "assert client.get(timeout=10).symbol == 'KRW-BTC'\n"
    )
    return subprocess.Popen(
        [sys.executable, "-u", "-c", head + text],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_end_of_a_program_ends_all(exchange: LocalExchange) -> None:
    """Nobody disconnected; the connection is closed, and nothing is complained about."""
    process = program("print('done')", exchange)
    assert process.communicate(timeout=SECONDS) == ("done\n", "")
    assert process.returncode == 0
    while exchange.stats()["totals"]["open"]:
        pass
    [connection] = exchange.stats()["connections"]
    assert connection["close_code"] == 1000


def test_an_error_ends_the_program_as_usual(exchange: LocalExchange) -> None:
    """The background does not keep the process alive."""
    process = program("raise SystemExit(3)", exchange)
    assert process.communicate(timeout=SECONDS) == ("", "")
    assert process.returncode == 3


def test_a_daemon_thread_that_waits_does_not_hold_up_the_end(exchange: LocalExchange) -> None:
    """It is told that nothing comes any more, if it still hears it."""
    text = (
        "threading.Thread(target=lambda: [event for event in client], daemon=True).start()\n"
        "print('done')\n"
    )
    process = program(text, exchange)
    assert process.communicate(timeout=SECONDS)[0] == "done\n"
    assert process.returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="a signal cannot be sent so on Windows")
@pytest.mark.parametrize(
    "wait", ["client.get()", "[event for event in client]", "client.ready(None)"]
)
def test_ctrl_c_ends_every_wait(exchange: LocalExchange, wait: str) -> None:
    """At once, as an ordinary `KeyboardInterrupt`; the client can be used afterwards."""
    text = f"""
def announce():
    def waits_in_vain(frame):
        names = []
        while frame is not None:
            names.append(os.path.basename(frame.f_code.co_filename))
            frame = frame.f_back
        return names[0] == 'threading.py' and 'sync.py' in names
    while not waits_in_vain(sys._current_frames()[threading.main_thread().ident]):
        pass
    print('waiting')

client.unsubscribe('ticker')
while True:
    try: client.get(timeout=0)
    except TimeoutError: break
client.subscribe_ticker('KRW-NOSUCH')
try:
    threading.Thread(target=announce).start()
    {wait}
except KeyboardInterrupt:
    client.unsubscribe('ticker')
    client.subscribe_ticker('KRW-ETH')
    print(client.get(timeout=10).symbol)
    client.disconnect()
"""
    process = program(text, exchange)
    assert process.stdout is not None
    assert process.stdout.readline() == "waiting\n"
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=SECONDS) == ("KRW-ETH\n", "")
    assert process.returncode == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_process_makes_its_own(exchange: LocalExchange) -> None:
    """What was inherited says so; a new client works, and the parent's goes on."""
    text = (
        "child = os.fork()\n"
        "if child == 0:\n"
        "    try: client.get(timeout=1)\n"
        "    except UsageError as error: print('forked' in str(error))\n"
        "    client.disconnect()\n"
        "    url = sys.argv[-1]\n"
        "    own = SyncWebSocketClient('own', websocket_base_url=URL)\n"
        "    own.subscribe_ticker('KRW-ETH')\n"
        "    print(own.get(timeout=10).symbol)\n"
        "    own.disconnect()\n"
        "else:\n"
        "    print(os.waitpid(child, 0)[1] == 0)\n"
        "    print(client.get(timeout=10).symbol)\n"
        "    client.disconnect()\n"
    ).replace("URL", repr(exchange.websocket_base_url))
    process = program("import warnings\nwarnings.simplefilter('ignore')\n" + text, exchange)
    out, complaints = process.communicate(timeout=SECONDS)
    assert (out.split(), complaints) == (["True", "KRW-ETH", "True", "KRW-BTC"], "")
    assert process.returncode == 0
    assert len(exchange.stats()["connections"]) == 2


# --- the background itself --------------------------------------------------------------------


async def forty_two() -> int:
    return 42


def test_a_background_that_has_ended_says_so() -> None:
    """Ended twice is ended, and whoever asks later is told."""
    background = Background()
    assert background.run(forty_two()) == 42
    background.end()
    background.end()
    assert repr(background) == "<Background ended>"
    with pytest.raises(UsageError, match="has ended"):
        background.run(forty_two())


def test_who_waits_while_the_background_ends_is_told() -> None:
    """And does not wait for ever."""
    background = Background()

    async def leave() -> None:
        asyncio.get_running_loop().call_soon(background._loop.stop)
        await asyncio.Event().wait()

    with pytest.raises(UsageError, match="has ended"):
        background.run(leave())
    background.end()
    assert not background.is_running


def test_what_runs_out_of_time_has_ended_by_then() -> None:
    """So that it cannot do anything behind the caller's back."""
    background = Background()
    ended = []

    async def linger() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    for timeout in (0, 0.02, 0.25):
        with pytest.raises(TimeoutError):
            background.run(linger(), timeout)
        assert ended.pop()
    background.end()


def test_an_answer_that_is_there_needs_no_time() -> None:
    """With a timeout of 0 as well; and a `TimeoutError` of the work itself is its own."""
    background = Background()

    async def expire() -> None:
        raise TimeoutError("mine")

    assert background.run(forty_two(), 0) == 42
    with pytest.raises(TimeoutError, match="mine"):
        background.run(expire())
    background.end()
