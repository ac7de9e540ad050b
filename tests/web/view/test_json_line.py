"""Lines of JSON: one line to whoever reads lines."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.view.json_line import encode_line

ENDS = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"


@given(st.dictionaries(st.text(), st.text() | st.text(ENDS + '\\u"a'), max_size=4))
def test_a_value_is_one_line_and_reads_back_as_it_was(value: dict[str, str]) -> None:
    """Whatever Unicode calls the end of a line, beside escapes and quotes."""
    line = encode_line(value).decode()
    assert len(f"{line}\n".splitlines()) == 1
    assert json.loads(line) == value


@pytest.mark.parametrize("end", ENDS)
def test_every_end_of_a_line_is_escaped(end: str) -> None:
    """Those of ASCII by JSON itself."""
    assert end not in encode_line({"a": f"x{end}y"}).decode()
