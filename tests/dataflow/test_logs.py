"""dataflow/logs.py: what is told, in which lines, and what never is."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime

import pytest

from dataflow.logs import FORMATS, LEVELS

TELL = """
import logging, sys
from dataflow.logs import Logs, begin
begin("cartwatch", Logs(*sys.argv[1:]))
for name in ("web.view", "dataflow.flow", "websockets.client"):
    for level in ("debug", "info", "warning", "error"):
        getattr(logging.getLogger(name), level)("%s of %s", level, name)
try:
    {}["key"]
except KeyError:
    logging.getLogger("uvicorn.error").exception("It broke")
"""


def told(*words: str) -> list[str]:
    command = [sys.executable, "-c", TELL, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == ""
    return done.stderr.splitlines()


@pytest.mark.parametrize("level", LEVELS)
def test_it_tells_from_a_level_on_and_libraries_from_warnings(level: str) -> None:
    """What a library tells beyond shows what goes through it: records, and headers."""
    wanted = LEVELS[LEVELS.index(level) :]
    ours = [f"cartwatch: {each} of {of}" for of in ("web.view", "dataflow.flow") for each in wanted]
    theirs = [
        f"cartwatch: {each} of websockets.client" for each in ("warning", "error") if each in wanted
    ]
    lines = told(level)
    assert lines[: len(ours) + len(theirs)] == ours + theirs
    assert lines[len(ours) + len(theirs) : -1][:2] == [
        "cartwatch: It broke",
        "Traceback (most recent call last):",
    ]


def test_json_is_a_line_an_event_also_of_an_error() -> None:
    """Each says when, how bad, who and what; an error where it came from."""
    assert FORMATS == ("text", "json")
    lines = [json.loads(line) for line in told("error", "json")]
    assert [each["message"] for each in lines] == [
        *(f"error of {name}" for name in ("web.view", "dataflow.flow", "websockets.client")),
        "It broke",
    ]
    keys = ["at", "level", "process", "logger", "message"]
    assert [list(each) for each in lines] == [keys] * 3 + [[*keys, "trace"]]
    assert {(each["level"], each["process"]) for each in lines} == {("error", "cartwatch")}
    assert lines[-1]["trace"].endswith("KeyError: 'key'")
    assert datetime.fromisoformat(lines[0]["at"]).tzinfo is not None


def test_what_no_logger_writes_is_a_line_an_event_too() -> None:
    """An engine that panics, a process below, Python before its end: to the last line."""
    tell = """
import logging, os, subprocess, sys
from dataflow.logs import Logs, begin_for_all
begin_for_all("cartwatch", Logs("info", "json"))
logging.getLogger("web.view").info("ours")
os.write(2, b"thread panicked\\n\\xff {\\n\\n")
below = "import sys; print('below', file=sys.stderr); print('{\\"a\\": 1}', file=sys.stderr)"
subprocess.run([sys.executable, "-c", below])
raise ValueError("x" * 100_000)
"""
    done = subprocess.run([sys.executable, "-c", tell], capture_output=True, text=True)
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert (done.returncode, done.stdout) == (1, "")
    assert {"a": 1} in lines
    words = [line["message"] for line in lines if line != {"a": 1}]
    assert words[:3] == ["ours", "thread panicked", "\ufffd {"]
    assert words[3:5] == ["below", "Traceback (most recent call last):"]
    assert words[-1] == f"ValueError: {'x' * 100_000}"
    assert {line.get("process", "cartwatch") for line in lines} == {"cartwatch"}
