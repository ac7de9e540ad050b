"""Frames: what changed between two contents, and nothing else; each encoded once."""

import json

from hypothesis import given

from tests.kit.frames import applied
from tests.web.live.dashboard import COMMON, NOTHING, contents, rows
from web.live.frames import Common, Content, Frames
from web.view.windows import Window


def frames(version: int = 2) -> Frames:
    return Frames(version, f"t{version}")


@given(contents, contents)
def test_changes_bring_one_content_to_another(old: Content, new: Content) -> None:
    """Whatever is different; and there is none where nothing is."""
    new = new._replace(generation=old.generation)
    before = json.loads(frames(1).snapshot(Window(), old))
    after = json.loads(frames(2).snapshot(Window(), new))
    changes = frames(2).changes(old, new)
    if changes is None:
        assert {**before, "at": "t2", "version": 2} == after
    else:
        assert applied(before, json.loads(changes)) == after


def test_changes_name_only_what_changed() -> None:
    """Rows that stay are told by the order alone, that where it is another; parts that stay not."""
    old = Content("1", rows("user_id", ["a", "b"], [1, 1]), NOTHING, COMMON)
    same_order = old._replace(carts=rows("user_id", ["a", "b"], [1, 2]))
    other_order = old._replace(carts=rows("user_id", ["b", "c", "a"], [2, 1, 1]))
    head = {"type": "changes", "at": "t2", "version": 2}
    assert json.loads(frames().changes(old, same_order) or b"") == {
        **head,
        "carts": {"items": [{"user_id": "b", "value": 2}]},
    }
    assert json.loads(frames().changes(old, other_order) or b"") == {
        **head,
        "carts": {
            "items": [{"user_id": "b", "value": 2}, {"user_id": "c", "value": 1}],
            "order": ["b", "c", "a"],
            "total": 3,
        },
    }


def test_windows_in_which_nothing_changed_share_one_frame() -> None:
    """The very bytes: what is common to all is encoded, and made a message, once."""
    made: list[bytes] = []

    def message(frame: bytes) -> bytes:
        made.append(frame)
        return frame

    moment = Frames(2, "t2", message)
    old = [Content("1", rows("user_id", [name], [1]), NOTHING, COMMON) for name in "ab"]
    common = Common(NOTHING, NOTHING, b'{"carts":9}', COMMON.flow, COMMON.attention)
    new = [each._replace(common=common) for each in old]
    frames_of = [moment.changes(*each) for each in zip(old, new, strict=True)]
    assert frames_of[0] is frames_of[1]
    assert len(made) == 1
    assert json.loads(made[0])["stats"] == {"carts": 9}


def test_a_heartbeat_says_what_time_it_is() -> None:
    """So that ages on a page move on, and nothing else."""
    assert json.loads(frames().heartbeat()) == {"type": "heartbeat", "at": "t2"}
