"""A process whose parent is killed sees its pipes end before the system ends it: in silence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from web.data.paths import GenerationFacts, Paths
from web.intake import dry_run, replacing
from web.intake.replacement import Work
from web.proof.launch import command

WORK = msgspec.msgpack.encode(Work("a", "b", 1, ["a" * 2_000]))
SORTER = (sys.executable, "-P", "-m", "dataflow.sorter", "4")


def stderr_of(words: tuple[str, ...], said: bytes, *, is_heard: bool, ends: bool = True) -> bytes:
    """Start it and tell it something; gives what it writes to stderr until it ends."""
    hears, tells = os.pipe()
    with (
        os.fdopen(hears, "rb") as its_answers,
        subprocess.Popen(words, stdin=subprocess.PIPE, stdout=tells, stderr=subprocess.PIPE) as it,
    ):
        os.close(tells)
        assert it.stdin is not None
        assert it.stderr is not None
        if not is_heard:
            its_answers.close()
        it.stdin.write(said)
        it.stdin.flush()
        if ends:
            it.stdin.close()
        return it.stderr.read()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (dry_run.COMMAND, b"FAIL HERE\n"),
        (replacing.COMMAND, replacing.sized(WORK)),
        (SORTER, b""),
    ],
)
def test_who_has_nobody_to_answer_ends_in_silence(words: tuple[str, ...], said: bytes) -> None:
    assert stderr_of(words, said, is_heard=False) == b""


def test_a_proof_that_nobody_hears_ends_in_silence(tmp_path: Path) -> None:
    """Its input, by which it ends with the server, is still there."""
    words = command(Paths(tmp_path, GenerationFacts(1, 1, 128)))
    assert stderr_of((*words,), b"", is_heard=False, ends=False) == b""


@pytest.mark.parametrize("words", [replacing.COMMAND, SORTER])
def test_a_word_that_is_cut_off_is_no_trouble(words: tuple[str, ...]) -> None:
    """Wherever that is: in its size, behind it, and within."""
    word = replacing.sized(WORK)
    for size in (1, len(word) - len(WORK), len(word) - 1):
        assert stderr_of(words, word[:size], is_heard=True) == b""
