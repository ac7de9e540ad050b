"""Replacements by patterns, in a process of their own: whatever one takes, the server goes on."""

from __future__ import annotations

import pytest

from web.intake.replacement import Mending, PatternError
from web.intake.replacing import ReplaceAll, replacing


def test_lines_are_mended_some_at_a_time() -> None:
    """As they come, by a text or by a pattern, or as they are."""
    for mending, mended in (
        (None, ["a1", "b"]),
        (Mending("1", "2", False), ["a2", "b"]),
        (Mending(r"([ab])\d?", r"<\1>", True), ["<a>", "<b>"]),
    ):
        with replacing(mending) as replace:
            assert replace(["a1"]) + replace(["b"]) == mended


@pytest.mark.parametrize(
    ("find", "replace", "lines"),
    [
        ("(?:a{60000}){60000}", "", []),
        ("(?:a{1000}){1000}", "", []),
        ("(?R)", "", ["a" * 2_000]),
        ("(a|(?1))+", "", ["a" * 2_000 + "b"]),
        ("(?a)(?u)a", "", []),
        ("(?V1)(?V0)a", "", []),
        ("a", r"\ud800", ["a"]),
        ("a", r"\uD83D\uDE00", ["a"]),
        ("a", r"\U00110000", ["a"]),
        (r"(x+x+)+y", "", ["x" * 5_000]),
    ],
)
def test_a_pattern_that_takes_too_much_or_is_none_is_refused(
    find: str, replace: str, lines: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    """In words, and without a traceback on the terminal; where it comes to an end, it is right."""
    with replacing(Mending(find, replace, True)) as mend:
        said = refusal(mend, lines)
    assert said is None or said.startswith(("the regular expression", "the replacement"))
    assert said is not None or "(?" in find, "this one cannot come to an end"
    assert capfd.readouterr().err == ""


def refusal(mend: ReplaceAll, lines: list[str]) -> str | None:
    """Mend lines; gives what the pattern is refused by, None where it is not."""
    try:
        mend([])
        mend(lines)
    except PatternError as error:
        return str(error)
    return None
