"""What a process tells on its standard error: a line an event, as text or as JSON.

No line holds a raw record or a secret. So libraries tell what is wrong and nothing beyond, whatever
is asked for: a socket's would show what goes through it.
"""

import logging
from typing import Final, NamedTuple

import msgspec
from typing_extensions import override

from dataflow.times import rfc3339

LEVELS: Final = ("debug", "info", "warning", "error")
FORMATS: Final = ("text", "json")
_OURS: Final = ("dataflow", "web")
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
