"""The local exchange as a program."""

import json
import re
import signal
from urllib.request import Request, urlopen

import jwt
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
        ("--key", "no-colon"): "ACCESS:SECRET",
        ("--key", ":secret-only"): "ACCESS:SECRET",
    }.items():
        ended = run("simulate", *arguments)
        assert (ended.code, ended.out) == (2, "")
        (line,) = ended.err.splitlines()
        assert said in line


def test_its_accounts_are_those_of_its_keys() -> None:
    """Each `--key` is an account; its secret is nowhere in what is printed."""
    with started(
        "simulate", "--markets", "3", "--key", "first:" + "s" * 64, "--key", "other:a:b" + "t" * 64
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        matched = re.search(r"127\.0\.0\.1:\d+", process.stdout.readline())
        assert matched
        for access, secret in (("first", "s" * 64), ("other", "a:b" + "t" * 64)):
            token = jwt.encode({"access_key": access, "nonce": "1"}, secret, algorithm="HS512")
            request = Request(
                f"http://{matched[0]}/v1/accounts", headers={"Authorization": f"Bearer {token}"}
            )
            with urlopen(request) as answer:
                assert json.load(answer)[0]["currency"] == "KRW"
        process.send_signal(signal.SIGTERM)
        said = process.stdout.read() + process.stderr.read()
        assert process.wait(TIMEOUT_S) == 0
    assert "ssss" not in said and "tttt" not in said
