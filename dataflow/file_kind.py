"""The kind of a file, told by its first bytes: what it looks like where it is not JSON Lines.

Asked once, when a file is taken in, and pure. A file whose lines are mostly records is never called
anything else, whatever stands between them: what is named here is why nothing can come of a file.
"""

import csv
import json
import re
from collections.abc import Callable
from typing import Final

from dataflow.records import BOM, Event, Skipped, parse_line
from dataflow.signatures import what_surely_begins, what_the_bytes_are

HEAD_BYTES: Final = 64 * 1024
"""As much of a file is looked at, after it was unpacked and decoded."""

_LINES: Final = 500
_TABLE_LINES: Final = 50
_MANY_FOREIGN: Final = 3
_OUR_NAMES: Final = {"user_id", "type", "order_id"}
_ONE_A_LINE: Final = "write one record a line"
_CSV: Final = ((",", "CSV"), (";", "CSV"), ("\t", "TSV"), ("|", "CSV"))

_ARRAY: Final = re.compile(r"\[\s*(?:[{\]]|\[\s*[^\[\s])")
_PYTHON: Final = re.compile(rb"\s*(?:\[\s*)?(?:\{\s*'|b?'\{)")
_MARKUP: Final = re.compile(r"<[?!a-zA-Z]")
_LONE_RETURN: Final = re.compile(r"\r(?!\n)")
_OPEN_OBJECT: Final = re.compile(r'\{[ \t\r]*\n\s*"')
_BARE_NUMBER: Final = re.compile(r"[-+]?[\d.,]+")
_decode = json.JSONDecoder().raw_decode


def what_it_looks_like(head: bytes, *, whole: bool) -> str | None:
    """Say in a sentence what a file looks like that is not JSON Lines; None where it may be.

    ``head`` is its first ``HEAD_BYTES``, or all of it, which ``whole`` says.
    """
    kind = _kind(head[:HEAD_BYTES].removeprefix(BOM), whole=whole)
    return None if kind is None else f"it looks like {kind}"


def holds_several(line: bytes) -> bool:
    """Whether a line holds an object and then another one, with or without a comma between."""
    text = line[:HEAD_BYTES].decode(errors="replace").lstrip()
    end = _object_end(text)
    return end is not None and text[end:].lstrip(" \t\r\n,").startswith("{")


def hint_of_lost_newlines(body: bytes) -> str | None:
    """Say what happened to records that were posted without a newline between them; else None."""
    if b"\n" in body or not holds_several(body.removeprefix(BOM)):
        return None
    return "several objects and no newline: curl -d takes newlines out, --data-binary keeps them"


def hint_of_array(line: int, data: bytes) -> str | None:
    """Say what is wrong with all of a file whose skipped line is its first; else None.

    ``data`` begins with the first lines of the file, where the line is among these.
    """
    if line == 1 and data.lstrip()[:1] == b"[":
        return "the file looks like a JSON array: write one record a line"
    return None


def _kind(head: bytes, *, whole: bool) -> str | None:
    if (kind := what_surely_begins(head)) is not None:
        return kind
    lines = _lines(head, whole=whole)
    outcomes = [parse_line(line, 1) for line in lines]
    good = sum(isinstance(outcome, Event) for outcome in outcomes)
    if 2 * good < len(lines):
        text = head.decode(errors="replace").lstrip()
        if (kind := what_the_bytes_are(head) or _of_text(text, lines)) is not None:
            return kind
    bad = [line for line, outcome in zip(lines, outcomes, strict=True) if _is_bad(outcome)]
    return _of_encoding(lines, bad)


def _lines(head: bytes, *, whole: bool) -> list[bytes]:
    """Cut the lines of a head that are whole and not blank, or its only one."""
    lines = head.split(b"\n", _LINES)
    if len(lines) > 1 and (not whole or len(lines) > _LINES):
        lines.pop()
    return [line for line in lines if line.strip(b" \t\r")]


def _is_bad(outcome: Event | Skipped | None) -> bool:
    return isinstance(outcome, Skipped)


def _of_text(text: str, lines: list[bytes]) -> str | None:
    """Name what a text is, of which less than half are records."""
    if _MARKUP.match(text):
        is_xml = text.startswith("<?xml") and "<html" not in text.lower()
        markup = "XML" if is_xml else "HTML, as a page of errors or a login is"
        return f"{markup}: fetch the file itself, one record a line"
    if len(_LONE_RETURN.findall(text.rstrip())) > text.count("\n"):
        return "lines that end in a lone carriage return: end each in a line feed"
    if _PYTHON.match(lines[0]) or _are_most(lines, lambda line: _PYTHON.match(line) is not None):
        return "Python's notation with single quotes: write JSON, one record a line"
    if _is_array(text):
        return f"a JSON array: {_ONE_A_LINE}"
    if _OPEN_OBJECT.match(text) or "\n" in text[: _object_end(text) or 0]:
        return f"objects that go over several lines: {_ONE_A_LINE}"
    if _are_most(lines, holds_several):
        return f"several objects on a line: {_ONE_A_LINE}"
    if _are_most(lines, _ends_in_comma):
        return f"a JSON array without its brackets: {_ONE_A_LINE}, with no comma behind it"
    return _of_table([line.decode(errors="replace") for line in lines[:_TABLE_LINES]])


def _are_most(lines: list[bytes], test: Callable[[bytes], bool]) -> bool:
    return 2 * sum(map(test, lines)) > len(lines)


def _object_end(text: str) -> int | None:
    """Give the place behind the object that a text begins with; None where there is none."""
    if not text.startswith("{"):
        return None
    try:
        return _decode(text)[1]
    except (ValueError, RecursionError):
        return None


def _is_array(text: str) -> bool:
    """Whether a text is an array as a whole; one on a line among others is a bad line."""
    if not text.startswith("["):
        return False
    try:
        rest = text[_decode(text)[1] :].lstrip()
    except (ValueError, RecursionError):
        return _ARRAY.match(text) is not None
    return not rest or rest.startswith("[")


def _ends_in_comma(line: bytes) -> bool:
    text = line.decode(errors="replace").strip()
    end = _object_end(text)
    return end is not None and text[end:].strip() == ","


def _of_table(lines: list[str]) -> str | None:
    """Name a table: rows of equally many fields, or a header with the names that records have."""
    if not lines or lines[0].lstrip()[:1] in ("{", "["):
        return None
    for delimiter, name in _CSV:
        try:
            rows = list(csv.reader(lines, delimiter=delimiter))
        except csv.Error:
            continue
        header, width = [field.strip() for field in rows[0]], len(rows[0])
        alike = sum(len(row) == width for row in rows)
        is_ours = len(_OUR_NAMES & {field.lower() for field in header}) > 1
        if width > 1 and (is_ours or (len(rows) > 1 and 10 * alike >= 9 * len(rows))):
            named = all(header) and not any(_BARE_NUMBER.fullmatch(field) for field in header)
            return f"{name}{' with a header' if named else ''}: write one JSON object a line"
    return None


def _of_encoding(lines: list[bytes], bad: list[bytes]) -> str | None:
    """Name another encoding: lines become records in Latin-1, hardly any is bad otherwise."""
    foreign = sum(map(_is_latin_1, bad))
    few = foreign < _MANY_FOREIGN and 4 * foreign < len(lines)
    if few or 2 * foreign <= len(bad) or _holds_utf_8(lines):
        return None
    return "another encoding than UTF-8, such as Latin-1: save it as UTF-8"


def _is_latin_1(line: bytes) -> bool:
    """Whether a line is no UTF-8 and an object in Latin-1, in which every byte is a character."""
    try:
        line.decode(errors="surrogatepass")
    except UnicodeDecodeError:
        return isinstance(parse_line(line.decode("latin-1").encode(), 1), Event)
    return False


def _holds_utf_8(lines: list[bytes]) -> bool:
    for line in lines:
        if not line.isascii():
            try:
                line.decode()
            except UnicodeDecodeError:
                continue
            return True
    return False
