"""The hot path: compiled where that could be built, else the same in Python.

This is the one place that chooses, when it is imported. `tickwire --version` tells which it is.
"""

from tickwire._pure import Beginnings, How

__all__ = [
    "Beginnings",
    "IS_COMPILED",
    "How",
    "Layout",
    "LazyEvent",
    "LazyField",
    "LazyParts",
    "LazyView",
    "Recogniser",
    "RoutedField",
    "Source",
]

try:
    from tickwire._hot import (
        Layout,
        LazyEvent,
        LazyField,
        LazyParts,
        LazyView,
        Recogniser,
        RoutedField,
        Source,
    )

    IS_COMPILED = True
except ImportError:
    from tickwire._pure import (
        Layout,
        LazyEvent,
        LazyField,
        LazyParts,
        LazyView,
        Recogniser,
        RoutedField,
        Source,
    )

    IS_COMPILED = False
