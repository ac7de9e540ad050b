"""Numbers and sentences. Pure; the page's own words are in ``static/``, said alike."""


def sentence(words: str) -> str:
    """Make a sentence of words without an end; a name, as of a topic, begins as it is written."""
    first = words.split(" ", 1)[0]
    begin = words[:1].upper() if first.isalpha() and first.islower() else words[:1]
    return f"{begin}{words[1:]}."


def count(number: int, one: str) -> str:
    """So many of something: ``1 line``, ``2,000 lines``; ``one`` is the word for one of them."""
    return f"{number:,} {one}" if number == 1 else f"{number:,} {one}s"
