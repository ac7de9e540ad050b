"""The hub's bookkeeping: frames, channels, viewers."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kit.streams import claim
from web.histogram import BOUNDS_S
from web.live.frames import Content, ListPart
from web.live.hub import MAX_VIEWERS, Channel, Hub, Viewer
from web.view.page import Row
from web.view.windows import Window

Frame = dict[str, Any]
LISTS = ("carts", "kept", "uploads", "skipped")


def rows(ids: list[str | int], values: list[int]) -> ListPart:
    made = [
        Row(id_, json.dumps({"id": id_, "value": value}).encode())
        for id_, value in zip(ids, values, strict=True)
    ]
    return ListPart(made, {"total": len(made)})


@st.composite
def parts(draw: st.DrawFn) -> ListPart:
    """Draw a list: few ids and values, so that two draws share rows, changed and unchanged."""
    known: list[str | int] = ["a", "b", "c", 'ü"/', 1, 2]
    ids = draw(st.lists(st.sampled_from(known), unique=True))
    return rows(ids, [draw(st.integers(0, 2)) for _ in ids])


contents = st.builds(
    Content,
    st.sampled_from(("1", "1", "1", "2")),
    parts(),
    parts(),
    parts(),
    parts(),
    st.sampled_from((b'{"carts":1}', b'{"carts":2}')),
    st.sampled_from((b'{"state":"running"}', b'{"state":"down"}')),
    st.sampled_from((b'{"skipped_open":1}', b'{"skipped_open":2}')),
)


def content(value: int = 0, generation: str = "1") -> Content:
    part = rows(["a"], [value])
    facts = b'{"carts":1}', b'{"state":"running"}', b'{"skipped_open":0}'
    return Content(generation, part, part, part, part, *facts)


def apply(shown: Frame, frame: Frame) -> Frame:
    """Bring what a browser shows up to date, as the README tells it to."""
    if frame["type"] == "snapshot":
        return frame
    shown = {**shown, "at": frame["at"]}
    for name in LISTS:
        if name in frame:
            change = dict(frame[name])
            known = {row["id"]: row for row in [*shown[name]["items"], *change["items"]]}
            shown[name] = {**change, "items": [known[id_] for id_ in change.pop("order")]}
            del shown[name]["order"]
    for name in ("stats", "flow", "attention"):
        shown[name] = frame.get(name, shown[name])
    return shown


def taken(viewer: Viewer) -> Frame:
    frame = viewer.take_frame()
    assert frame is not None
    decoded: Frame = json.loads(frame)
    return decoded


@claim
@given(st.lists(st.tuples(contents, st.booleans(), st.booleans()), min_size=1, max_size=8))
def test_whoever_applies_the_frames_shows_what_a_snapshot_shows(
    steps: list[tuple[Content, bool, bool]],
) -> None:
    """A viewer that takes every frame, one that skips some, a new one: all show the same."""
    hub = Hub()
    quick, slow = (hub.join(Window(), lambda: None) for _ in range(2))
    shown: dict[Viewer, Frame] = {}
    for number, (newest, quick_reads, slow_reads) in enumerate(steps):
        quick.channel.update(newest, f"at {number}")
        for viewer in [quick] * quick_reads + [slow] * slow_reads:
            frame = viewer.take_frame()
            if frame is not None:
                shown[viewer] = apply(shown.get(viewer, {}), json.loads(frame))
    last = taken(hub.join(Window(), lambda: None))
    for viewer in (quick, slow):
        frame = viewer.take_frame()
        if frame is not None:
            shown[viewer] = apply(shown.get(viewer, {}), json.loads(frame))
        assert {**shown[viewer], "at": ""} == {**last, "at": ""}


def test_a_viewer_with_the_version_before_gets_changes_and_any_other_a_snapshot() -> None:
    """New ones, and ones that missed a version; nobody gets the same version twice."""
    channel = Channel(Window())
    assert channel.frame(0) is None
    assert channel.update(content(1), "t1")
    assert channel.update(content(2), "t2")
    before, new, late = channel.frame(1), channel.frame(0), channel.frame(0)
    assert before is not None
    assert new is not None
    assert json.loads(before)["type"] == "changes"
    assert json.loads(new)["type"] == "snapshot"
    assert new is late, "a frame is encoded once for all of its viewers"
    assert channel.frame(2) is None
    channel.update(content(3), "t3")
    missed = channel.frame(1)
    assert missed is not None
    assert json.loads(missed)["type"] == "snapshot"


def test_a_content_that_shows_nothing_new_is_no_version() -> None:
    """Nothing is sent for a commit that this window does not show."""
    channel = Channel(Window())
    assert channel.update(content(1), "t1")
    assert not channel.update(content(1), "t2")
    assert channel.version == 1


def test_changes_name_only_what_changed() -> None:
    """Rows that stay are told by their place in ``order`` alone; parts that stay are absent."""
    channel = Channel(Window())
    old = Content("1", rows(["a", "b"], [1, 1]), *content()[2:])
    channel.update(old, "t1")
    channel.update(old._replace(carts=rows(["b", "c", "a"], [2, 1, 1])), "t2")
    frame = channel.frame(1)
    assert frame is not None
    assert json.loads(frame) == {
        "type": "changes",
        "at": "t2",
        "carts": {
            "items": [{"id": "b", "value": 2}, {"id": "c", "value": 1}],
            "order": ["b", "c", "a"],
            "total": 3,
        },
    }


def test_another_generation_is_a_snapshot_for_everybody() -> None:
    """After a reset nothing of before is changed into what is now."""
    channel = Channel(Window())
    channel.update(content(1, "1"), "t1")
    assert channel.update(content(1, "2"), "t2")
    frame = channel.frame(1)
    assert frame is not None
    assert json.loads(frame)["type"] == "snapshot"
    assert json.loads(frame)["generation"] == "2"


def test_viewers_of_one_window_share_a_channel_and_the_last_one_takes_it_along() -> None:
    """Channels are those that somebody looks at, and no others."""
    hub = Hub()
    first, second = hub.join(Window(), lambda: None), hub.join(Window(), lambda: None)
    other = hub.join(Window(search="x"), lambda: None)
    assert first.channel is second.channel
    assert first.channel is not other.channel
    assert hub.statistics() == {"viewers": 3, "channels": 2}
    hub.leave(other)
    hub.leave(first)
    hub.leave(first)
    assert [channel.window for channel in hub.channels()] == [Window()]
    hub.turn(second, Window(filter="paid"))
    assert [channel.window for channel in hub.channels()] == [Window(filter="paid")]
    hub.leave(second)
    assert hub.statistics() == {"viewers": 0, "channels": 0}


def test_a_turn_to_any_window_is_answered_by_a_snapshot() -> None:
    """To the same one too: it is how a page asks for a fresh start."""
    hub = Hub()
    viewer = hub.join(Window(), lambda: None)
    viewer.channel.update(content(1), "t1")
    assert taken(viewer)["type"] == "snapshot"
    assert viewer.take_frame() is None
    hub.turn(viewer, Window())
    assert taken(viewer)["type"] == "snapshot"


def test_only_viewers_of_a_channel_are_woken_by_it() -> None:
    """And each of them; a turn wakes the one that turned."""
    hub = Hub()
    woken: list[str] = []
    near = hub.join(Window(), lambda: woken.append("near"))
    hub.join(Window(), lambda: woken.append("near too"))
    hub.join(Window(sort="user"), lambda: woken.append("far"))
    woken.clear()
    hub.updated(near.channel)
    assert sorted(woken) == ["near", "near too"]
    woken.clear()
    hub.turn(near, Window(sort="user"))
    assert woken == ["near"]


def test_viewers_are_bounded() -> None:
    """Past the bound it is full; who leaves makes room."""
    hub = Hub()
    viewers = [hub.join(Window(), lambda: None) for _ in range(MAX_VIEWERS)]
    assert hub.is_full
    hub.leave(viewers[0])
    assert not hub.is_full


def test_what_was_sent_is_counted_and_timed_from_the_commit_that_it_shows() -> None:
    """Not a first snapshot, nor what no commit has changed; a version that was skipped is one."""
    hub = Hub()
    quick, slow = (hub.join(Window(), lambda: None) for _ in range(2))
    quick.channel.update(content(1), "t1", since=1.0)
    for viewer in (quick, slow):
        taken(viewer)
        hub.sent(viewer, now=100.0)
    assert (hub.traffic.frames, hub.traffic.view_to_frame.up_to()[-1]) == (2, 0)
    quick.channel.update(content(2), "t2", since=100.0)
    taken(quick)
    hub.sent(quick, now=100.02)
    quick.channel.update(content(3), "t3", since=101.0)
    for viewer in (quick, slow):
        taken(viewer)
        hub.sent(viewer, now=101.2)
    quick.channel.update(content(4), "t4")
    taken(quick)
    hub.sent(quick, now=200.0)
    traffic = hub.traffic
    assert (traffic.frames, traffic.conflated) == (6, 1)
    counts = dict(zip(BOUNDS_S, traffic.view_to_frame.up_to(), strict=False))
    assert [counts[bound] for bound in (0.01, 0.025, 0.15, 0.25, 300.0)] == [0, 1, 1, 3, 3]
    assert traffic.view_to_frame.sum == pytest.approx(0.42)
    hub.leave(slow)
    hub.leave(slow)
    assert traffic.left == 1
