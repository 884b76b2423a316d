"""Draws the picture of the demonstration for the README, from a real run.

python tools/picture.py docs/demo.svg
"""

import asyncio
import io
import re
import sys
from pathlib import Path

from rich.console import Console

from tickwire.apps.cli.demo import demo
from tickwire.apps.cli.screen import LiveScreen, Picture
from tickwire.apps.cli.words import words

SECONDS = 12.0


class LastLook(LiveScreen):
    """A live screen that remembers what it showed last."""

    last: Picture | None = None

    def show(self, picture: Picture) -> None:
        self.last = picture
        super().show(picture)


def main(target: Path) -> None:
    def console() -> Console:
        return Console(
            file=io.StringIO(), force_terminal=True, record=True, width=80, height=24,
            highlight=False,
        )  # fmt: skip

    screen = LastLook(console(), words())
    asyncio.run(demo(SECONDS, screen, words()))
    assert screen.last is not None
    paper = console()
    paper.print(screen.draw(screen.last))
    svg = paper.export_svg(title="make demo")
    # The fonts would be fetched from elsewhere; the reader's own monospace does as well.
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    target.write_text(svg.replace("Fira Code, ", ""))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
