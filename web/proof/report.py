"""What the process of a proof tells the server, a line of JSON each, the outcome last. Pure."""

from typing import Final

import msgspec

from web.proof.verdict import Figures

REMEDY: Final = "stop the server, and cartwatch rebuild makes the view anew from the journal"


class Progress(msgspec.Struct, frozen=True, tag="progress"):
    """How much of its work is done, from 0 to 1."""

    share: float


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """It could not be brought to its end; the sentence says why.

    ``alarm`` says what is wrong with the data, where that is why, and what to do.
    """

    error: str
    alarm: str | None = None


class Outcome(msgspec.Struct, frozen=True, tag="outcome"):
    """What there is by the journal and in the view, and what differs.

    ``uncounted`` records of topics could not be read again, of ``uncounted_ranges``.
    """

    journal: Figures
    view: Figures
    lost: int
    twice: int
    examples: list[str]
    uncounted: int = 0
    uncounted_ranges: list[str] = []


Report = Progress | Failed | Outcome

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Report).decode


def encode_report(report: Report) -> bytes:
    """Write a line."""
    return _encode(report) + b"\n"


def decode_report(line: bytes) -> Report:
    """Read a line; raises ``msgspec.MsgspecError`` for anything else."""
    report: Report = _decode(line)
    return report
