"""`_hot.c`, the compiled twin of `_pure.py`: the same names, used in the same way."""

from tickwire._pure import Layout as Layout
from tickwire._pure import LazyEvent as LazyEvent
from tickwire._pure import LazyField as LazyField
from tickwire._pure import LazyParts as LazyParts
from tickwire._pure import LazyView as LazyView
from tickwire._pure import Recogniser as Recogniser
from tickwire._pure import RoutedField as RoutedField
from tickwire._pure import Source as Source
