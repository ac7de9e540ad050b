"""What has changed in a row of a list, to be told to who has the row as it was. Pure."""

from typing import Any, Final

import msgspec

_decode: Final = msgspec.json.Decoder(dict[str, Any]).decode
_encode: Final = msgspec.json.Encoder().encode
_VERSION: Final = "version"


def row_change(old: bytes, new: bytes, key: str) -> bytes:
    """Encode the fields of a newer row that are different, with its ``key`` and its version.

    A list of ids tells by their places which of the old ones are ``out``, and then which are
    ``in``, each with its place: ``{"out": [0], "in": [[19, 7]]}``. ``was`` is the version that this
    changes, where there is one. A field that is gone is null.
    """
    before, after = _decode(old), _decode(new)
    told: dict[str, object] = {key: after[key]}
    if _VERSION in after:
        told |= {"was": before.get(_VERSION), _VERSION: after[_VERSION]}
    for name, value in after.items():
        known = before.get(name)
        if value != known and name not in told:
            is_list = isinstance(known, list) and isinstance(value, list)
            told[name] = _edit(known or [], value) if is_list else value
    return _encode(told | dict.fromkeys(before.keys() - after.keys()))


def _edit(old: list[int | str], new: list[int | str]) -> object:
    """Tell a list by what came and went; whole where that is not less, or ids changed places."""
    before, after = set(old), set(new)
    out = [place for place, each in enumerate(old) if each not in after]
    came = [(place, each) for place, each in enumerate(new) if each not in before]
    stayed = [each for each in old if each in after] == [each for each in new if each in before]
    return {"out": out, "in": came} if stayed and len(out) + len(came) < len(new) else new
