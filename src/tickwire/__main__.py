"""`python -m tickwire` is the command line."""

from tickwire.apps.cli import main

main()
