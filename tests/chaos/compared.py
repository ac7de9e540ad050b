"""Comparing what was expected with what was got: the differences in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice, zip_longest
from typing import Any, Final

_SHOWN: Final = 5


def fields(what: str, expected: dict[str, Any], got: dict[str, Any]) -> Iterator[str]:
    """Compare the fields that are expected, whatever else there is."""
    for name, value in expected.items():
        if got.get(name) != value:
            yield f"{what}: {name}: expected {value!r}, got {got.get(name)!r}"


def same(what: str, expected: Iterable[Any], got: Iterable[Any]) -> Iterator[str]:
    """Compare two collections in which everything stands once, in any order."""
    wanted, found = Counter(map(repr, expected)), Counter(map(repr, got))
    if missing := wanted - found:
        yield f"{what}: missing {dict(islice(missing.items(), _SHOWN))}"
    if surplus := found - wanted:
        yield f"{what}: too much {dict(islice(surplus.items(), _SHOWN))}"


def in_order(what: str, expected: Iterable[Any], got: Iterable[Any]) -> Iterator[str]:
    """Compare two lists; tells where they part."""
    for number, (wanted, found) in enumerate(zip_longest(expected, got)):
        if repr(wanted) != repr(found):
            yield f"{what}: number {number}: expected {wanted!r}, got {found!r}"
            return
