"""Foreign text as a page shows it: every character is seen, and every character is kept.

Ids, names and sources come from outside. What cannot be seen (controls, invisible and blank
characters, spaces at an end) is written as an escape that carries the code points that it stands
for, so that what is copied is the text itself. `static/paint/foreign.js` says the same again for
the browser, and a test compares the two, character by character.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final
from unicodedata import category

from markupsafe import Markup, escape

_CONTROLS: Final = "\x00-\x1f\x7f-\x9f"
_BLANKS: Final = "\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u2800\u3000"
#: What Unicode calls ignorable by default, and the anchors of annotations.
_IGNORABLE: Final = (
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"
)
_NONCHARACTERS: Final = "\ufdd0-\ufdef" + "".join(
    f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000)
)
_UNSEEN: Final = re.compile(rf"[{_CONTROLS}{_BLANKS}{_IGNORABLE}{_NONCHARACTERS}]|\A +| +\Z")
_SHORT: Final = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def visible(text: str) -> str:
    """The text with all of it to be seen, for a title, a label or a sentence."""
    return "".join(_shown(piece) if unseen else piece for piece, unseen in _pieces(text))


def foreign(text: str) -> Markup:
    """The text with all of it to be seen, and each escape with what it stands for."""
    return Markup("").join(
        _escape(piece, _shown(piece)) if unseen else escape(piece)
        for piece, unseen in _pieces(text)
    )


def quoted(text: str) -> Markup:
    """The text in quotes that are not its own: they are seen, and not copied."""
    quote = _escape("", '"')
    return quote + foreign(text) + quote


def cut(text: str, end: int) -> Markup:
    """The text in two pieces, for a column that cuts it before its last ``end`` characters.

    What cannot be seen is told of the whole text: a space where it is cut is none at an end.
    """
    head, tail, left = Markup(""), Markup(""), len(text) - end
    for piece, unseen in _pieces(text):
        if not unseen:
            head += escape(piece[: max(0, left)])
            tail += escape(piece[max(0, left) :])
        elif left > 0:
            head += _escape(piece, _shown(piece))
        else:
            tail += _escape(piece, _shown(piece))
        left -= len(piece)
    span = Markup('<span class="{}">{}</span>')
    return span.format("cut-head", head) + span.format("cut-end", tail)


def holdable(value: Any) -> Any:
    """A value as HTML can hold it; Jinja passes everything that it writes through here.

    A parser makes a line feed of a carriage return, unless it is a reference. It cannot hold U+0000
    at all: until the script has run, a replacement character stands there.
    """
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return escape(value).replace("\r", Markup("&#13;")).replace("\0", "\ufffd")


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Cut a text at what cannot be seen: a mark with nothing before it to combine with, too."""
    end = 0
    if text and category(text[0]).startswith("M"):
        yield text[0], True
        end = 1
    for found in _UNSEEN.finditer(text, end):
        yield text[end : found.start()], False
        yield found[0], True
        end = found.end()
    yield text[end:], False


def _escape(true: str, shown: str) -> Markup:
    codes = " ".join(f"{ord(character):x}" for character in true)
    return Markup('<span class="escape" data-true="{}">{}</span>').format(codes, shown)


def _shown(unseen: str) -> str:
    if unseen[0] == " ":
        return "␣" * len(unseen)
    code = ord(unseen)
    return _SHORT.get(unseen) or (f"\\u{code:04x}" if code < 0x10000 else f"\\u{{{code:x}}}")
