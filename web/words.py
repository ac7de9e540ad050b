"""Numbers in sentences. Pure; the page's own words are in ``static/``, said alike."""


def count(number: int, one: str) -> str:
    """So many of something: ``1 line``, ``2,000 lines``; ``one`` is the word for one of them."""
    return f"{number:,} {one}" if number == 1 else f"{number:,} {one}s"
