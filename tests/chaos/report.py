"""What one experiment reports: a few lines with every figure, for a person."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_BROKEN: Final = re.compile(
    r"^(Traceback.*(\n[ \t].*)*\n.*|thread .* panicked.*|.*not right.*|.*Error\b.*)$", re.MULTILINE
)


@dataclass
class Report:
    """The figures of one experiment, and the differences that it found."""

    title: str
    folder: Path
    kills: Counter[str] = field(default_factory=Counter)
    figures: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    differences: list[str] = field(default_factory=list)

    def text(self) -> str:
        """Write it down."""
        kinds = "; ".join(f"{kind}: {count}" for kind, count in sorted(self.kills.items()))
        figures = ", ".join(f"{name}: {count:,}" for name, count in self.figures.items())
        total = sum(self.kills.values())
        lines = [f"{self.title}: {total} kills in {self.seconds:.0f} s ({kinds})", figures]
        if self.differences:
            lines.append(f"{len(self.differences)} DIFFERENCES, and the data kept in {self.folder}")
            lines += [f"  {each}" for each in self.differences]
        else:
            lines.append("no difference")
        return "\n".join(lines)


def broken_lines(written: str) -> list[str]:
    """Find what a program that is killed and nothing else has no reason to write to stderr."""
    return list(dict.fromkeys(f"on stderr: {match[0]}" for match in _BROKEN.finditer(written)))
