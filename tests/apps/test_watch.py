"""Watching streams from the command line."""

import asyncio
import json
import re
from decimal import Decimal
from pathlib import Path

import pytest

from tests.apps.command import TIMEOUT_S, Ended, in_terminal, run, started
from tickwire import AuthenticationError
from tickwire.apps.cli import app as app_module
from tickwire.apps.cli import main
from tickwire.simulator import Simulator

TRADE = (
    '{"type":"trade","code":"KRW-BTC","timestamp":1730336862082,"trade_date":"2024-10-31",'
    '"trade_time":"01:07:42","trade_timestamp":1730336862047,"trade_price":100473000.00000001,'
    '"trade_volume":0.10000000000000000555,"ask_bid":"BID","prev_closing_price":100571000.0,'
    '"change":"FALL","change_price":98000.0,"sequential_id":17303368620470000,'
    '"stream_type":"REALTIME"}'
)
"""Derived from the example of the documentation, with more digits than a float can hold."""


def test_json_lines_are_events() -> None:
    """In a pipe each event is one JSON object; `--count` ends it."""
    ended = run(
        "watch", "ticker", "krw-btc", "KRW-ETH", "--simulate", "-o", "jsonl", "--count", "5"
    )
    events = [json.loads(line, parse_float=Decimal) for line in ended.lines]
    assert (ended.code, ended.err, len(events)) == (0, "", 5)
    assert {event["symbol"] for event in events} <= {"KRW-BTC", "KRW-ETH"}
    assert {event["type"] for event in events} == {"ticker"}


async def test_numbers_keep_every_digit(tmp_path: Path) -> None:
    """What the wire says is what the line says, also where a float would round."""
    tape = tmp_path / "tape.jsonl"
    tape.write_text(json.dumps({"received_at": 0.0, "raw": TRADE}) + "\n")
    async with Simulator(tape=tape) as exchange:
        url = exchange.websocket_base_url
        ended = await asyncio.to_thread(
            run, "watch", "trade", "KRW-BTC", "--url", url, "--count", "1"
        )
    event = json.loads(ended.out, parse_float=Decimal)
    assert event["trade_price"] == Decimal("100473000.00000001")
    assert event["trade_volume"] == Decimal("0.10000000000000000555")


async def test_table_lines_have_columns_for_each_type() -> None:
    """`-o table` in a pipe: an aligned line per event, for every kind of data."""
    price = r"\d{2,3},\d{3},\d{3}"
    forms = {
        "ticker": rf"KRW-BTC +{price} +[+-]\d+\.\d\d% +{price} +{price} +\S{{12}}",
        "trade": rf"KRW-BTC +(buy|sell) +{price} +[\d.,]+ +\S{{12}}",
        "orderbook": rf"KRW-BTC +[\d.,]+ +{price} +{price} +[\d.,]+ +\S{{12}}",
        "candle.1s": rf"KRW-BTC +\d\d:\d\d:\d\d( +{price}){{4}} +[\d.,]+",
    }
    async with Simulator(markets=1) as exchange:
        url = exchange.websocket_base_url

        def watch(data_type: str) -> Ended:
            return run("watch", data_type, "KRW-BTC", "--url", url, "-o", "table", "--count", "2")

        runs = await asyncio.gather(*(asyncio.to_thread(watch, each) for each in forms))
    for ended, form in zip(runs, forms.values(), strict=True):
        assert (ended.code, ended.err) == (0, "")
        assert [line for line in ended.lines if not re.fullmatch(form, line)] == []
        assert len({len(line) for line in ended.lines}) == 1


def test_a_terminal_gets_a_table_without_colour_if_so_wished() -> None:
    """One row per symbol, redrawn; NO_COLOR is heeded."""
    arguments = ("orderbook", "KRW-BTC", "KRW-ETH", "--simulate", "--count", "9")
    ended = in_terminal("watch", *arguments, NO_COLOR="1")
    assert ended.code == 0
    assert "best bid" in ended.out
    assert "KRW-ETH" in ended.out
    assert not re.search(r"\x1b\[3\d", ended.out)


async def failures(*calls: tuple[str, ...], code: int, locale: str = "C.UTF-8") -> list[str]:
    """The one line that each of these calls leaves on stderr, with nothing on stdout."""

    def watch(arguments: tuple[str, ...]) -> Ended:
        return run("watch", *arguments, locale=locale)

    runs = await asyncio.gather(*(asyncio.to_thread(watch, each) for each in calls))
    for ended in runs:
        assert (ended.code, ended.out, ended.err.count("\n")) == (code, "", 1)
    return [ended.err for ended in runs]


async def test_nothing_to_watch_is_explained() -> None:
    """Nobody there: a remedy, soon. An unknown symbol: a suggestion. Both end with exit code 1."""
    unreachable, unknown = await failures(
        ("ticker", "KRW-BTC", "--url", "ws://127.0.0.1:9"),
        ("ticker", "KRW-BTCC", "--simulate"),
        code=1,
    )
    assert "cannot reach ws://127.0.0.1:9" in unreachable
    assert "--simulate" in unreachable
    assert "did you mean KRW-BTC?" in unknown


async def test_a_wrong_call_is_explained() -> None:
    """What we cannot mean is said with what would do; exit code 2."""
    symbol, url = await failures(
        ("ticker", "BTC/KRW"),
        ("ticker", "KRW-BTC", "--url", "http://here"),
        code=2,
    )
    assert "Upbit writes 'KRW-BTC'" in symbol
    assert "must be ws://" in url


async def test_only_what_can_be_shown_is_offered() -> None:
    """What needs keys, or is none of the types, is refused with the list of those that are."""
    wrong = ("myOrder", "myAsset", "announcement", "indicator", "indicator_signal", "ticket")
    calls = [(each, "KRW-BTC", "--simulate") for each in wrong]
    shown = "ticker, trade, orderbook, candle.1s, candle.1m"
    for data_type, said in zip(wrong, await failures(*calls, code=2), strict=True):
        assert f"'{data_type}'" in said
        assert shown in said
        assert all(f"{each}," not in said for each in wrong)
    [korean] = await failures(calls[0], code=2, locale="ko_KR.UTF-8")
    assert shown in korean
    assert "보여" in korean


async def test_one_exchange_at_a_time() -> None:
    """Options that name different ones contradict each other, whatever their values are."""
    url, simulate, environment = ("--url", "ws://here"), ("--simulate",), ("--environment", "kr")
    pairs = [url + simulate, url + environment, simulate + environment]
    calls = [("ticker", "KRW-BTC", *each) for each in pairs]
    for said in await failures(*calls, code=2):
        assert "--simulate, --url" in said
    [korean] = await failures(calls[0], code=2, locale="ko_KR.UTF-8")
    assert "하나만" in korean


def test_an_error_that_nobody_foresaw_is_told_in_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever tickwire raises says what to do; a traceback would hide it."""

    def failing() -> None:
        raise AuthenticationError("there are no keys; set them")

    monkeypatch.setattr(app_module, "app", failing)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert capsys.readouterr().err == "tickwire: there are no keys; set them\n"


def test_a_reader_that_has_seen_enough_ends_it_quietly() -> None:
    """`tickwire watch … | head -1`: no traceback."""
    with started("watch", "orderbook", "KRW-BTC", "--simulate") as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(TIMEOUT_S) == 141
        assert process.stderr.read() == ""
