"""Which tickwire this is."""

from importlib.metadata import PackageNotFoundError, version

__all__ = ["__version__"]

try:
    __version__ = version("tickwire")
except PackageNotFoundError:  # run from its source, without being installed
    __version__ = "unknown"
