"""Numbers as people write them, in an address or on a command line. Pure.

Python's own ``int`` and ``float`` also read ``1_0``, ``٣``, `` 5``, ``inf`` and ``nan``. Nobody
means these: who wrote them is told so.
"""

import math
import re
from typing import Final

_WHOLE: Final = re.compile(r"-?[0-9]{1,18}")
_INTEGER: Final = re.compile(r"0|-?[1-9][0-9]{0,18}")
_DECIMAL: Final = re.compile(r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")


def whole_number(text: str) -> int | None:
    """Read a whole number of at most 18 digits; None for any other text."""
    return int(text) if _WHOLE.fullmatch(text) else None


def integer_of(text: str) -> int | None:
    """Read an integer as JSON would write it, of at most 19 digits; None for any other text."""
    return int(text) if _INTEGER.fullmatch(text) else None


def decimal_number(text: str) -> float | None:
    """Read a finite number, ``7``, ``7.5`` or ``1e3``; None for any other text."""
    number = float(text) if _DECIMAL.fullmatch(text) else math.inf
    return number if math.isfinite(number) else None
