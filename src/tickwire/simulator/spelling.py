"""Numbers as text, in the two spellings that the exchange uses.

Prices and sizes are integers of 1e-8 inside the simulator, values (price times size) integers of
1e-16, so nothing here rounds: both spellings of a number denote the same decimal.

*DEFAULT* writes prices the way Java writes doubles (`4117000.0`, `1.16539E8`, `6E-8`) and sizes
with all eight decimals; *SIMPLE* writes what is shortest to read, with an exponent only below a
thousandth (`7.772E-4`).
"""

from functools import lru_cache

__all__ = [
    "DECIMALS",
    "UNIT",
    "VALUE_DECIMALS",
    "default_price",
    "default_size",
    "plain",
    "simple_number",
    "units",
]

DECIMALS = 8
UNIT = 100_000_000
VALUE_DECIMALS = 2 * DECIMALS

# Java's Double.toString leaves the plain form below 1e-3 and from 1e7 on.
_TINY = UNIT // 1_000
_LARGE = UNIT * 10_000_000


def units(text: str) -> int:
    """The integer of 1e-8 that a plain decimal literal such as `"0.001"` denotes."""
    whole, _, fraction = text.partition(".")
    return int(whole + fraction.ljust(DECIMALS, "0"))


def plain(number: int, decimals: int = DECIMALS) -> str:
    """A number without exponent and without trailing zeros."""
    if number < 0:
        return "-" + plain(-number, decimals)
    digits = str(number)
    if len(digits) <= decimals:
        digits = digits.zfill(decimals + 1)
    return f"{digits[:-decimals]}.{digits[-decimals:]}".rstrip("0").rstrip(".")


def _scientific(number: int, decimals: int) -> str:
    """One digit before the point, then `E`; `number` is positive."""
    digits = str(number)
    exponent = len(digits) - 1 - decimals
    fraction = digits[1:].rstrip("0")
    return f"{digits[0]}.{fraction}E{exponent}" if fraction else f"{digits[0]}E{exponent}"


@lru_cache(maxsize=1 << 11)
def default_price(number: int, decimals: int = DECIMALS) -> str:
    """A price, a change or a rate as DEFAULT writes it."""
    if number < 0:
        return "-" + default_price(-number, decimals)
    if number == 0:
        return "0.0"
    scale = 10 ** (decimals - DECIMALS)
    if number < _TINY * scale or number >= _LARGE * scale:
        return _scientific(number, decimals)
    text = plain(number, decimals)
    return text if "." in text else text + ".0"


def default_size(number: int) -> str:
    """A size as DEFAULT writes it: eight decimals, trailing zeros and all."""
    if number == 0:
        return "0.0"
    whole, fraction = divmod(number, UNIT)
    return f"{whole}.{fraction:08d}"


@lru_cache(maxsize=1 << 10)
def simple_number(number: int, decimals: int = DECIMALS) -> str:
    """A price, a size, a change or a rate as SIMPLE writes it."""
    if number < 0:
        return "-" + simple_number(-number, decimals)
    if 0 < number < 10 ** (decimals - 3):
        return _scientific(number, decimals)
    return plain(number, decimals)
