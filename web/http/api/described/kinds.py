"""The kinds of values that the API answers, in the words of a schema."""

from collections.abc import Iterable
from typing import Annotated, Any

import msgspec

Count = Annotated[int, msgspec.Meta(ge=0)]
Time = Annotated[str, msgspec.Meta(extra_json_schema={"format": "date-time"})]


def words(of: Iterable[str]) -> Any:
    """Make the mark of a text that is one of some words."""
    return msgspec.Meta(extra_json_schema={"enum": list(of)})
