"""The check of the page's types finds what is wrong, and says where it could not look."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests import typescript
from tests.__main__ import CHECKS, read
from tests.typescript import Node, OutOfReachError

NO_NPM = Node(("node",), (sys.executable, "-c", "raise SystemExit('npm error code ENOTFOUND')"))
#: A fault of each kind, the module that it is put into, and what TypeScript calls it. They import
#: none, so that they can be checked without all others.
FAULTS = (
    ("elements/uploads/speed.js", "export const size = [1].lenght;", "TS2551"),
    ("json.js", "export const untyped = (x) => x;", "TS7006"),
    ("listing.js", "export const first = [1][0].toFixed();", "TS2532"),
    ("paint/words.js", 'number("many");', "TS2345"),
)
#: What is checked as always, but for what comes with TypeScript: that has no fault of ours.
QUICK = '{"extends": "./%s", "compilerOptions": {"skipDefaultLibCheck": true}}'


@pytest.fixture
def within_reach() -> None:
    """Pass over a test where the check itself would be; never in CI."""
    try:
        typescript.compiler(typescript.find_node(), typescript.CACHE)
    except OutOfReachError as error:
        if typescript.passed_over(error, os.environ):
            raise
        pytest.skip(str(error))


@pytest.mark.usefixtures("within_reach")
def test_a_wrong_type_in_any_room_of_the_page_fails(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """With the place and the reason on standard output, a line each; nothing else is said."""
    (tmp_path / "tests").mkdir()
    shutil.copy(typescript.CONFIG, tmp_path / "tests")
    config = tmp_path / "tests" / "quick.json"
    config.write_text(QUICK % typescript.CONFIG.name)
    for module, fault, _ in FAULTS:
        file = tmp_path / "static" / module
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text((typescript.ROOT / "static" / module).read_text() + fault)
    assert typescript.check(config) != 0
    said = sorted(capfd.readouterr().out.splitlines())
    assert len(said) == len(FAULTS)
    for line, (module, _, code) in zip(said, FAULTS, strict=True):
        assert f"static/{module}(" in line
        assert f"error {code}: " in line


def test_without_npm_in_reach_the_check_is_skipped_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A machine off the net can run all else, and is told what it did not check, and why."""
    with pytest.raises(OutOfReachError) as why:
        typescript.compiler(NO_NPM, tmp_path)
    assert typescript.passed_over(why.value, {}) == 0
    said = capsys.readouterr().out
    assert said.startswith("skipped: the types of static/ were not checked")
    assert "npm could not fetch typescript@" in said
    assert "ENOTFOUND" in said
    assert list(tmp_path.iterdir()) == []


def test_without_node_the_check_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in the test dependencies nor in the system."""
    monkeypatch.setattr(typescript, "find_spec", lambda _: None)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(OutOfReachError, match="install the test dependencies"):
        typescript.find_node()


@pytest.mark.parametrize("ci", ["true", "1", "True"])
def test_ci_never_skips_the_check(ci: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What is green there was checked."""
    assert typescript.passed_over(OutOfReachError("no net"), {"CI": ci}) == 1
    assert capsys.readouterr().out.startswith("failed: CI must check")


def test_typescript_is_fetched_once(tmp_path: Path) -> None:
    """A version that is there is taken as it is, without npm."""
    (tmp_path / f"typescript-{typescript.VERSION}").mkdir()
    assert typescript.compiler(NO_NPM, tmp_path).is_relative_to(tmp_path)


def test_every_check_runs_in_its_order_unless_one_is_named() -> None:
    """Words that are no option of the command go to pytest as they are."""
    assert read([]) == (list(CHECKS), [])
    assert read(["-k", "page", "-x", "--lf"]) == (list(CHECKS), ["-k", "page", "-x", "--lf"])
    assert read(["--only", "tests", "--only=page"]) == (["page", "tests"], [])


@pytest.mark.parametrize("words", [["--only", "page", "-x"], ["--only", "nothing"], ["--only"]])
def test_words_that_nobody_would_hear_are_refused(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit status 2 and a sentence."""
    with pytest.raises(SystemExit) as end:
        read(words)
    assert end.value.code == 2
    assert capsys.readouterr().err


def test_help_names_every_check(capsys: pytest.CaptureFixture[str]) -> None:
    """And what each is about."""
    with pytest.raises(SystemExit):
        read(["--help"])
    said = capsys.readouterr().out
    for name, check in CHECKS.items():
        assert f"  {name}" in said
        assert check.about in said
