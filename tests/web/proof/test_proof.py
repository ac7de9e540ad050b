"""The proof as the server sees it, by processes that tell what a test has them tell."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from web.data.paths import GenerationFacts, Paths
from web.proof.launch import PROCESS, command, environment
from web.proof.proof import Proof, State
from web.proof.report import Failed, Outcome, Progress, encode_report
from web.proof.verdict import Figures

pytestmark = pytest.mark.anyio

OUTCOME = Outcome(
    Figures(1, 2, 3, 4, 5, 6), Figures(), 7, 8, ["an order"], 9, ["orders/0 from 1 to 9"]
)
NOTHING = {
    "state": "none",
    "progress": 0.0,
    "journal": None,
    "view": None,
    "lost": None,
    "twice": None,
    "seconds": None,
    "examples": [],
    "error": None,
    "uncounted": None,
    "uncounted_ranges": [],
}
WAIT = "sys.stdin.read()"


def paths(folder: Path) -> Paths:
    return Paths(folder, GenerationFacts(1, 1, 128))


def telling(*lines: bytes, then: str = "") -> Callable[[Paths], list[str]]:
    """Make a process that writes lines and then does something."""
    program = f"import os, sys; os.write(1, {b''.join(lines)!r}); {then}"
    return lambda _: [sys.executable, "-c", program]


async def ended(tmp_path: Path, words: Callable[[Paths], list[str]]) -> Proof:
    proof = Proof(words)
    await proof.begin(paths(tmp_path))
    return proof


async def test_before_it_is_asked_for_there_is_none(tmp_path: Path) -> None:
    """All that is not known is null."""
    proof = Proof(telling(encode_report(OUTCOME)))
    assert proof.describe() == NOTHING
    running = proof.begin(paths(tmp_path))
    assert proof.describe() == {**NOTHING, "state": "running", "seconds": 0.0}
    await running


async def test_what_its_process_finds_is_told(tmp_path: Path) -> None:
    """Both sides, what differs, and the seconds that it took."""
    proof = await ended(tmp_path, telling(encode_report(Progress(0.5)), encode_report(OUTCOME)))
    told = proof.describe()
    assert told.pop("seconds") > 0
    assert told == {
        "state": "done",
        "progress": 1.0,
        "journal": {
            "carts": 1,
            "unpaid": 2,
            "paid": 3,
            "waiting": 4,
            "skipped": 5,
            "completed": 6,
        },
        "view": dict.fromkeys(("carts", "unpaid", "paid", "waiting", "skipped", "completed"), 0),
        "lost": 7,
        "twice": 8,
        "examples": ["an order"],
        "error": None,
        "uncounted": 9,
        "uncounted_ranges": ["orders/0 from 1 to 9"],
    }


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (telling(encode_report(Failed("the disk is full")), then="sys.exit(1)"), "the disk is"),
        (telling(then="os.kill(os.getpid(), 9)"), "its process was killed by SIGKILL"),
        (telling(b'{"type":"outc', then="os.kill(os.getpid(), 9)"), "was killed by SIGKILL"),
        (telling(then="sys.exit(3)"), "its process ended with the status 3"),
        (lambda _: ["/nowhere/python"], "its process could not be started: "),
    ],
)
async def test_a_proof_without_an_end_has_failed_and_says_why(
    tmp_path: Path, words: Callable[[Paths], list[str]], why: str
) -> None:
    """In its own words, or by what became of its process."""
    told = (await ended(tmp_path, words)).describe()
    assert (told["state"], told["journal"]) == ("failed", None)
    assert why in told["error"]


async def test_a_new_proof_knows_nothing_of_the_one_before(tmp_path: Path) -> None:
    """Neither its outcome nor its error."""
    proof = await ended(tmp_path, telling(then="sys.exit(3)"))
    running = proof.begin(paths(tmp_path))
    told = proof.describe()
    assert told | {"seconds": 0.0} == {**NOTHING, "state": "running", "seconds": 0.0}
    await running


async def test_what_is_started_over_ends_the_proof_that_runs(tmp_path: Path) -> None:
    """It has failed, in words, and its process is gone; an outcome is forgotten."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    alive = f"with open({str(pipe)!r}, 'w') as pipe: print('alive', file=pipe, flush=True); {WAIT}"
    proof = Proof(lambda _: [sys.executable, "-c", f"import sys\n{alive}"])
    running = asyncio.create_task(proof.begin(paths(tmp_path)))
    with await asyncio.to_thread(pipe.open) as heard:
        assert await asyncio.to_thread(heard.readline) == "alive\n"
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert await asyncio.to_thread(heard.read) == ""  # the end: nobody holds it open any more
    proof.started_over()
    told = proof.describe()
    assert (told["state"], told["error"]) == (
        "failed",
        "the data were started over meanwhile: begin the proof again",
    )
    proof.started_over()
    assert proof.state is State.FAILED

    proof = await ended(tmp_path, telling(encode_report(OUTCOME)))
    proof.started_over()
    assert proof.describe() == NOTHING


async def test_one_that_is_cancelled_before_it_began_has_failed(tmp_path: Path) -> None:
    """It does not run for ever."""
    proof = Proof(lambda _: [sys.executable, "-c", WAIT])
    running = asyncio.create_task(proof.begin(paths(tmp_path)))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    proof.started_over()
    assert proof.state is State.FAILED


def test_its_process_is_this_code_and_its_files_lie_with_the_data(tmp_path: Path) -> None:
    """Whatever the folder is in which the server was started."""
    words = command(paths(tmp_path))
    assert words[1:4] == ["-P", "-m", PROCESS]
    environ = environment(paths(tmp_path), {"PYTHONPATH": "/elsewhere"})
    root = Path(__file__).parents[3]
    assert environ == {
        "PYTHONPATH": f"{root}:/elsewhere",
        "SQLITE_TMPDIR": str(tmp_path),
    }


async def test_what_a_proof_found_wrong_is_an_alarm_until_one_finds_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Said once on the terminal; a proof that fails says nothing of the data."""
    wrong = telling(encode_report(OUTCOME))
    right = telling(encode_report(Outcome(Figures(), Figures(), 0, 0, [])))
    proof = Proof(lambda paths: words(paths))
    words = wrong
    await proof.begin(paths(tmp_path))
    assert proof.alarm is not None
    assert "lacks 7 of what the journal says and has 8 once too often (an order)" in proof.alarm
    assert [each.getMessage() for each in caplog.records] == [
        f"The data are not right: {proof.alarm}."
    ]
    words = telling(then="sys.exit(3)")
    await proof.begin(paths(tmp_path))
    assert proof.alarm is not None
    words = right
    await proof.begin(paths(tmp_path))
    assert proof.alarm is None
    words = wrong
    await proof.begin(paths(tmp_path))
    proof.started_over()
    assert proof.alarm is None
