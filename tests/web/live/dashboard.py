"""A browser without a socket, which keeps what it is given; and contents to be shown in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from tests.kit.frames import Frame, applied
from web.live.frames import Common, Content, ListPart
from web.live.hub import Viewer
from web.view.page import Row


class Browser:
    """An outlet: takes messages, one a line, and applies each frame as the README has it."""

    viewer: Viewer

    def __init__(self) -> None:
        self.is_clear = True
        self.cleared: Callable[[], object] | None = None
        self.got: list[Frame] = []
        self.shown: Frame = {}

    def put(self, messages: bytes) -> None:
        assert self.is_clear
        for message in messages.splitlines():
            self.got.append(json.loads(message))
            self.shown = applied(self.shown, json.loads(message))


def rows(key: str, ids: list[Any], values: list[Any]) -> ListPart:
    """Make a list of rows that have one value each."""
    made = [
        Row(each, json.dumps({key: each, "value": value}).encode())
        for each, value in zip(ids, values, strict=True)
    ]
    return ListPart(made, {"total": len(made)})


@st.composite
def parts(draw: st.DrawFn, key: str) -> ListPart:
    """Draw a list: few ids and values, so that two draws share rows, changed and unchanged."""
    known: list[Any] = ["a", "b", "c", 'ü"/'] if key == "user_id" else ["a", 1, 2]
    ids = draw(st.lists(st.sampled_from(known), unique=True))
    return rows(key, ids, [draw(st.integers(0, 2)) for _ in ids])


commons = st.builds(
    Common,
    parts("id"),
    parts("id"),
    st.sampled_from((b'{"carts":1}', b'{"carts":2}')),
    st.sampled_from((b'{"state":"running"}', b'{"state":"down"}')),
    st.sampled_from((b'{"skipped_open":1}', b'{"skipped_open":2}')),
)
contents = st.builds(
    Content, st.sampled_from(("1", "1", "1", "2")), parts("user_id"), parts("user_id"), commons
)
NOTHING = ListPart([], {"total": 0})
COMMON = Common(NOTHING, NOTHING, b'{"carts":1}', b'{"state":"running"}', b'{"skipped_open":0}')


def content(value: int = 0, generation: str = "1", name: str = "a") -> Content:
    """Make a content of one cart."""
    carts = rows("user_id", [name], [value])
    return Content(generation, carts, NOTHING, COMMON)
