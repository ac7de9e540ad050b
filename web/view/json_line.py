"""JSON that is one line to every reader of lines. Pure."""

from typing import Final

import msgspec

_encode = msgspec.json.Encoder().encode

_LINE_ENDS: Final = ("\u0085", "\u2028", "\u2029")
"""What Unicode calls the end of a line, and JSON leaves as it is in a string."""

_ESCAPES: Final = [(char.encode(), f"\\u{ord(char):04x}".encode()) for char in _LINE_ENDS]


def encode_line(value: object) -> bytes:
    """Encode a value: whatever it holds, it has no end of a line in it, not even Unicode's."""
    line = _encode(value)
    for char, escape in _ESCAPES:
        if char in line:
            line = line.replace(char, escape)
    return line
