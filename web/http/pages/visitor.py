"""Who looks at a page, as far as the page differs by it: from where, and what they may do. Pure."""

from __future__ import annotations

from typing import NamedTuple


class Visitor(NamedTuple):
    """What stands before every address of theirs, and which controls would not be refused.

    Who is not ``signed_in`` needs no login, or brings it with each request: there is nothing to
    sign out of.
    """

    root: str = ""
    may_change: bool = True
    signed_in: bool = False


ANYBODY = Visitor()
"""Who comes where no login is in force, to a server at the root."""
