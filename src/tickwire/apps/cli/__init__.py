"""The command line: a demonstration, the live market, and the local exchange."""

import sys
from io import TextIOWrapper

from tickwire.errors import TickwireError

__all__ = ["main"]


def main() -> None:
    """Run the command line and exit."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character must not end the program.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        # Imported here, so that Ctrl-C is quiet from the first moment on.
        from tickwire.apps.cli.app import app

        app()
    except TickwireError as error:
        print(f"tickwire: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
