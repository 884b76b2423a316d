"""The commands and their options."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tickwire import SubscriptionSpec, UsageError, __version__
from tickwire.apps.cli.columns import WATCHED
from tickwire.apps.cli.demo import demo as run_demo
from tickwire.apps.cli.ending import run
from tickwire.apps.cli.screen import screen_for
from tickwire.apps.cli.simulate import simulate as run_simulate
from tickwire.apps.cli.watch import watch as run_watch
from tickwire.apps.cli.words import words
from tickwire.hot import IS_COMPILED

__all__ = ["app"]

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


class Output(StrEnum):
    """How `watch` shows events."""

    TABLE = "table"
    JSONL = "jsonl"


def _show_version(wanted: bool) -> None:
    if wanted:
        hot_path = "compiled" if IS_COMPILED else "in Python"
        print(f"tickwire {__version__}, hot path {hot_path}")
        raise typer.Exit


@app.callback()
def tickwire(
    _: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Every tick your program wants from Upbit, over one wire."""


@app.command()
def demo(
    seconds: Annotated[float, typer.Option(min=1, help="How long it runs.")] = 30,
) -> None:
    """20 components share one connection, which is lost once."""
    language = words()
    raise typer.Exit(run(run_demo(seconds, screen_for(language), language)))


@app.command()
def watch(
    data_type: Annotated[
        str, typer.Argument(metavar="TYPE", help="ticker, trade, orderbook, candle.1s, candle.1m …")
    ],
    symbols: Annotated[
        list[str], typer.Argument(metavar="SYMBOL", help="KRW-BTC …, or KRW for all its markets")
    ],
    url: Annotated[
        str | None,
        typer.Option(metavar="WS://HOST:PORT", help="Another exchange than the real one."),
    ] = None,
    simulate: Annotated[bool, typer.Option("--simulate", help="A local exchange.")] = False,
    output: Annotated[
        Output | None,
        typer.Option("-o", "--output", help="Default: table in a terminal, jsonl in a pipe."),
    ] = None,
    environment: Annotated[
        str | None, typer.Option(metavar="kr|sg|id|th", help="Which Upbit; kr by default.")
    ] = None,
    count: Annotated[int | None, typer.Option(min=1, help="Stop after so many events.")] = None,
) -> None:
    """Live data of some symbols: `tickwire watch ticker KRW-BTC`."""
    language = words()
    if simulate + (url is not None) + (environment is not None) > 1:
        raise UsageError(language.one_exchange())
    if data_type not in WATCHED:
        raise UsageError(language.cannot_watch(data_type, ", ".join(WATCHED)))
    command = run_watch(
        SubscriptionSpec(data_type, symbols),
        environment=environment or "kr",
        url=url,
        simulate=simulate,
        output=output,
        count=count,
        words=language,
    )
    raise typer.Exit(run(command))


@app.command()
def simulate(
    host: Annotated[str, typer.Option(help="Where it listens.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 takes a free one.")] = 0,
    seed: Annotated[int, typer.Option(help="The same seed gives the same market.")] = 0,
    markets: Annotated[int, typer.Option(help="How many, KRW-BTC first.")] = 855,
    rate: Annotated[float, typer.Option(help="So many times as busy, up to 100.")] = 1.0,
    tape: Annotated[
        Path | None, typer.Option(metavar="FILE.jsonl", help="Play a recording instead.")
    ] = None,
    speed: Annotated[float, typer.Option(help="Of the tape; 0 is without pauses.")] = 1.0,
    key: Annotated[
        list[str] | None,
        typer.Option(metavar="ACCESS:SECRET", help="An account to trade with; repeatable."),
    ] = None,
) -> None:
    """A local exchange that speaks like Upbit, until Ctrl-C."""
    command = run_simulate(
        host=host,
        port=port,
        seed=seed,
        markets=markets,
        rate=rate,
        tape=tape,
        speed=speed,
        keys=key or [],
        words=words(),
    )
    raise typer.Exit(run(command))
