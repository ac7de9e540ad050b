"""Numbers, times and sentences. Pure; the page's own words are in ``static/``, said alike."""

from datetime import UTC, datetime


def sentence(words: str) -> str:
    """Make a sentence of words without an end; a name, as of a topic, begins as it is written."""
    first = words.split(" ", 1)[0]
    begin = words[:1].upper() if first.isalpha() and first.islower() else words[:1]
    return f"{begin}{words[1:]}."


def together(*told: str | None) -> str | None:
    """Put what several have to say behind one another, as sentences; None where none has."""
    words = [each for each in told if each]
    if len(words) < 2:
        return words[0] if words else None
    return " ".join(each if each.endswith(".") else sentence(each) for each in words)


def count(number: int, one: str) -> str:
    """So many of something: ``1 line``, ``2,000 lines``; ``one`` is the word for one of them."""
    return f"{number:,} {one}" if number == 1 else f"{number:,} {one}s"


def moment(seconds: float) -> str:
    """Write seconds since 1970 for a sentence that nobody paints: ``2026-01-31 12:00:00 UTC``."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
