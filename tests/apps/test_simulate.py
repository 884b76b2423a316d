"""The local exchange as a program."""

import json
import re
import signal
from urllib.request import urlopen

import pytest

from tests.apps.command import TIMEOUT_S, run, started


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_is_and_ends_with_its_totals(how: signal.Signals) -> None:
    """The first line holds the address, the last one the totals; being told to end is no error."""
    with started("simulate", "--markets", "3") as process:
        assert process.stdout is not None
        matched = re.search(r"127\.0\.0\.1:\d+", process.stdout.readline())
        assert matched
        with urlopen(f"http://{matched[0]}/sim/stats") as answer:
            assert json.load(answer)["markets"] == 3
        url = f"ws://{matched[0]}"
        assert run("watch", "trade", "KRW-BTC", "--url", url, "--count", "1").code == 0
        process.send_signal(how)
        assert process.stderr is not None
        out, err = process.stdout.read(), process.stderr.read()
        assert (process.wait(TIMEOUT_S), err) == (0, "")
    assert f"tickwire watch ticker KRW-BTC --url {url}" in out
    last = out.splitlines()[-1]
    assert re.fullmatch(r"served 1 connections, 1 messages, \d+ frames; 0 limit breaches", last)


def test_bad_values_are_explained() -> None:
    """A value that cannot be is said on stderr in one line; exit code 2."""
    for arguments, said in {
        ("--tape", "/nowhere.jsonl"): "/nowhere.jsonl",
        ("--markets", "0"): "markets=0",
    }.items():
        ended = run("simulate", *arguments)
        assert (ended.code, ended.out) == (2, "")
        (line,) = ended.err.splitlines()
        assert said in line
