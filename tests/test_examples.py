"""What the documentation shows, works."""

import ast
import inspect
import re
import signal
import subprocess
import sys
from math import isinf
from pathlib import Path

import pytest

from tickwire import SyncWebSocketClient
from tickwire.core.strategy import STRATEGIES
from tickwire.exchanges.upbit.rules import CONNECT_LIMITS, MESSAGE_LIMITS

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "tickwire"


def titled_blocks(name: str) -> dict[str, str]:
    """The files shown on a page, by their titles."""
    found = re.findall(
        r"```python title=(\S+)\n(.*?)```", (ROOT / name).read_text(), flags=re.DOTALL
    )
    return dict(found)


def python_blocks(name: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (ROOT / name).read_text(), flags=re.DOTALL)


def test_the_readme_example_prints_prices() -> None:
    """The program in the README runs as it stands; its endless loop is read for ten lines."""
    [program] = python_blocks("README.md")
    process = subprocess.Popen(
        [sys.executable, "-u", "-W", "error", "-c", program], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process:
        lines = [process.stdout.readline() for _ in range(10)]
        process.terminate()
    assert all(re.fullmatch(r"KRW-(BTC|ETH) [0-9.]+\n", line) for line in lines)


def test_the_korean_readme_is_in_step() -> None:
    """The same program, the same commands, and the same pages linked in the same order."""
    english, korean = ((ROOT / name).read_text() for name in ("README.md", "README.ko.md"))
    assert python_blocks("README.ko.md") == python_blocks("README.md")
    commands = re.compile(r"^(make \w+)", flags=re.MULTILINE)
    assert commands.findall(korean) == commands.findall(english)
    links = re.compile(r"\]\((?!README)([^)]+)\)")
    assert sorted(links.findall(korean)) == sorted(links.findall(english))


def test_the_program_in_the_essay_lists_what_is_served() -> None:
    """It runs as it stands, and ends."""
    [program] = python_blocks("docs/merging.md")
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False
    )
    said = "public, trade KRW-BTC, trade KRW-ETH\nmissing: 0 extra: 0\n"
    assert (ended.stdout, ended.stderr) == (said, "")


def test_the_program_about_explaining_says_what_is_shown() -> None:
    """As it stands, apart from tickets and times."""
    page = "docs/explaining.md"
    [program] = python_blocks(page)
    [shown] = re.findall(r"```text\n(.*?)```", (ROOT / page).read_text(), flags=re.DOTALL)
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False
    )
    assert ended.stderr == ""
    chance = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9]+\.[0-9]+ s ago")
    assert chance.sub("…", ended.stdout) == chance.sub("…", shown)


def test_the_recipes_for_testing_pass(tmp_path: Path) -> None:
    """The test files of `docs/testing.md` run as they stand."""
    for title, text in titled_blocks("docs/testing.md").items():
        (tmp_path / title).write_text(text)
    options = ["-q", "-p", "no:cacheprovider", "-o", "asyncio_mode=auto", "-W", "error"]
    options += ["-o", "asyncio_default_fixture_loop_scope=function"]
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert "3 passed" in ended.stdout, ended.stdout + ended.stderr


def test_the_example_of_refused_keys_tells_what_to_do(tmp_path: Path) -> None:
    """The program in `docs/keys.md` runs as it stands, and shows no key."""
    [(title, text)] = titled_blocks("docs/keys.md").items()
    (tmp_path / title).write_text(text)
    ended = subprocess.run(
        [sys.executable, "-W", "error", title],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    first, second, remedy = ended.stdout.splitlines()
    assert (first, second) == ("Reconnecting", "Refused")
    assert remedy.startswith("the exchange does not accept the keys")
    assert "mistyped" not in ended.stdout + ended.stderr


def test_the_program_about_limits_runs() -> None:
    """The one of `docs/limits.md` runs as it stands, and one message was enough."""
    [program] = titled_blocks("docs/limits.md").values()
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("conservative 1.0 {'total_messages': 1, 'connections': 1, ")


def test_the_limits_are_those_of_the_table() -> None:
    """Each strategy's row in `docs/limits.md` has the figures of the code."""
    page = (ROOT / "docs" / "limits.md").read_text()
    for strategy in STRATEGIES.values():
        second, minute = strategy.of_subscriptions(MESSAGE_LIMITS)[:2]
        whole = strategy.whole(MESSAGE_LIMITS)
        [connects] = strategy.whole(CONNECT_LIMITS)
        spread = "no" if isinf(strategy.spread_s) else f"{strategy.spread_s:g} s"
        row = f"| {second.count} | {minute.count} | {whole[0].count} and {whole[1].count} "
        row += f"| {spread} | {connects.count} |"
        assert re.search(rf"\| `{strategy.name}`[^|]* {re.escape(row)}", page), row


@pytest.mark.parametrize("title", ["latest.py", "frames.py", "prices.py"])
def test_the_programs_about_pulling_run(title: str) -> None:
    """Those of `docs/pull-and-sync.md` run as they stand, to their end."""
    programs = titled_blocks("docs/pull-and-sync.md")
    assert len(programs) == 3
    if title == "frames.py":
        for extra in ("pandas", "polars"):
            pytest.importorskip(extra, reason=f"the extra {extra} is not installed")
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", programs[title]],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout


def test_the_program_with_callbacks_lives_until_ctrl_c(tmp_path: Path) -> None:
    """The one of `docs/coming-from.md` runs as it stands, and ends without a traceback."""
    (tmp_path / "callbacks.py").write_text(titled_blocks("docs/coming-from.md")["callbacks.py"])
    process = subprocess.Popen(
        [sys.executable, "-u", "-W", "error", "callbacks.py"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    assert process.stdout is not None
    with process:
        lines = [process.stdout.readline() for _ in range(20)]
        process.send_signal(signal.SIGINT)
        rest, complaints = process.communicate(timeout=10)
    assert any(re.fullmatch(r"KRW-(BTC|ETH) [0-9.]+\n", line) for line in lines)
    assert any(re.fullmatch(r"KRW-BTC (ASK|BID) [0-9.]+\n", line) for line in lines)
    assert (process.returncode, complaints) == (0, "")
    assert rest.endswith("bye\n")


def test_the_program_with_a_loop_takes_ten_events() -> None:
    """The other one of `docs/coming-from.md` runs as it stands, to its end."""
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", titled_blocks("docs/coming-from.md")["loop.py"]],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert re.fullmatch(r"((ticker|orderbook) KRW-(BTC|ETH) [0-9]{13}\n){10}", ended.stdout)


def test_what_others_names_correspond_to_is_there() -> None:
    """Each call in the last column of the table is one of the client's, with these arguments."""
    page = (ROOT / "docs" / "coming-from.md").read_text()
    last_column = " ".join(re.findall(r"^\|.* \| (.*) \|$", page, flags=re.MULTILINE))
    calls = re.findall(r"`(?:await )?(?:client\.)?(\w+)\((.*?)\)`", last_column)
    assert len(calls) > 10
    for name, arguments in calls:
        call = getattr(SyncWebSocketClient, name)
        given = ast.parse(f"f({arguments})", mode="eval").body
        assert isinstance(given, ast.Call)
        options = {each.arg: None for each in given.keywords if each.arg}
        inspect.signature(call).bind(None, *given.args, **options)


def test_the_readme_is_about_thirty_lines() -> None:
    """It is read to its end."""
    assert len((ROOT / "README.md").read_text().splitlines()) <= 40


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "ARCHITECTURE.md",
        "docs/coming-from.md",
        "docs/data-types.md",
        "docs/merging.md",
        "docs/testing.md",
        "docs/keys.md",
        "docs/limits.md",
        "docs/local-exchange.md",
        "docs/pull-and-sync.md",
        "docs/explaining.md",
    ],
)
def test_links_lead_somewhere(name: str) -> None:
    """Relative links and pictures of the documentation exist."""
    page = ROOT / name
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target


def test_files_named_in_the_architecture_exist() -> None:
    """Every room of the map is there."""
    text = (ROOT / "ARCHITECTURE.md").read_text()
    for name in re.findall(r"^\| `([^|]*?)/?` \|", text, flags=re.MULTILINE):
        for room in name.replace("`", "").split():
            found = [
                path
                for base in (SOURCE, SOURCE / "core", SOURCE / "simulator", SOURCE / "transport")
                for path in (base / room, base / f"{room}.py")
                if path.exists()
            ]
            assert found, room
