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
