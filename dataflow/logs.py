"""What a process tells on its standard error: a line an event, as text or as JSON.

No line holds a raw record or a secret. So libraries tell what is wrong and nothing beyond, whatever
is asked for: a socket's would show what goes through it.
"""

import atexit
import logging
import os
import sys
from contextlib import suppress
from threading import Thread
from typing import IO, Final, NamedTuple

import msgspec
from typing_extensions import override

from dataflow.times import rfc3339

LEVELS: Final = ("debug", "info", "warning", "error")
FORMATS: Final = ("text", "json")
_OURS: Final = ("dataflow", "web")
_LAST_LINES_S: Final = 0.5
_encode: Final = msgspec.json.Encoder().encode


class Logs(NamedTuple):
    """From which of ``LEVELS`` on something is told, and in which of ``FORMATS``."""

    level: str = "warning"
    format: str = "text"


USUAL: Final = Logs()
"""How it is where nothing else is asked for."""


def begin(process: str, logs: Logs) -> None:
    """Tell from now on, as this process."""
    handler = logging.StreamHandler()
    text = logging.Formatter(f"{process}: %(message)s")
    handler.setFormatter(_Lines(process) if logs.format == "json" else text)
    level = logging.getLevelName(logs.level.upper())
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[handler])
    for name in _OURS:
        logging.getLogger(name).setLevel(level)


def begin_for_all(process: str, logs: Logs) -> None:
    """Tell from now on, as this process and for what it starts: as JSON nothing else is told.

    What no logger writes, as an engine that panics or Python before its end, is an event a line. It
    goes through this process, which lives longer.
    """
    begin(process, logs)
    if logs.format != "json":
        return
    own = os.dup(sys.stderr.fileno())
    reading, writing = os.pipe()
    os.dup2(writing, sys.stderr.fileno())
    os.close(writing)
    told = os.fdopen(own, "wb", buffering=0)  # until the end of the process
    teller = Thread(target=_wrap, args=(process, reading, told), name="tell-all", daemon=True)
    teller.start()

    def end() -> None:
        os.dup2(own, sys.stderr.fileno())
        teller.join(_LAST_LINES_S)  # of processes that have ended, as these before it

    atexit.register(end)


def _wrap(process: str, reading: int, told: IO[bytes]) -> None:
    """Pass on what is told as JSON, and make events of all other lines."""
    form = _Lines(process)
    with os.fdopen(reading, "rb") as lines:
        for line in filter(bytes.strip, lines):
            event = line
            if not _is_event(line):
                words = line.decode(errors="replace").strip()
                record = logging.LogRecord("stderr", logging.ERROR, "", 0, words, None, None)
                event = form.format(record).encode() + b"\n"
            with suppress(OSError):  # nobody hears it any more
                told.write(event)


def _is_event(line: bytes) -> bool:
    try:
        return isinstance(msgspec.json.decode(line), dict)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False


class _Lines(logging.Formatter):
    """One object a line: when, how bad, who, and what; with an error where it came from."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    @override
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": rfc3339(record.created),
            "level": record.levelname.lower(),
            "process": self._process,
            "logger": record.name,
            "message": record.getMessage().strip(),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return _encode(line).decode()
