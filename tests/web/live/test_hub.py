"""The hub's bookkeeping: channels, viewers, what each lacks."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kit.clock import Clock
from tests.web.live.dashboard import Browser, content, contents
from web.errors import APIError
from web.histogram import BOUNDS_S
from web.live.frames import Content, Frames
from web.live.hub import (
    LINGER_S,
    MAX_VIEWERS,
    MOST_LINGERING,
    MOST_MISSED_BYTES,
    Channel,
    Hub,
    Since,
    Viewer,
)
from web.view.windows import Window

Frame = dict[str, Any]
AWAY = APIError(503, "storage", "away")


def frames(version: int) -> Frames:
    return Frames(version, f"at {version}", lambda frame: frame + b"\n")


def hub() -> Hub:
    return Hub(Clock(0.0))


def joined(hub: Hub, window: Window | None = None, since: Since | None = None) -> Browser:
    browser = Browser()
    browser.viewer = hub.join(window or Window(), browser, since)
    return browser


@given(st.lists(st.tuples(contents, *[st.booleans()] * 3), min_size=1, max_size=8))
def test_whoever_applies_the_frames_shows_what_a_snapshot_shows(
    steps: list[tuple[Content, bool, bool, bool]],
) -> None:
    """One that takes every frame, one that skips some, one that comes and goes: all the same."""
    common = hub()
    quick, slow, other = (joined(common) for _ in range(3))
    for number, (newest, slow_reads, is_away, is_refused) in enumerate(steps, 1):
        channel = quick.viewer.channel
        if is_refused:
            channel.refuse(AWAY, frames(2 * number))
        channel.update(newest, frames(2 * number + 1))
        slow.is_clear = slow_reads
        if is_away:
            common.leave(other.viewer)
        else:
            generation, version = other.shown.get("generation"), other.shown.get("version")
            since = None if generation is None else Since(generation, version or 0)
            common.leave(other.viewer)
            other.viewer = common.join(Window(), other, since)
            common.bring(other.viewer)
        for browser in (quick, slow):
            common.bring(browser.viewer)
    last = joined(common)
    slow.is_clear = True
    for browser in (slow, last):
        common.bring(browser.viewer)
    assert {**quick.shown, "at": ""} == {**last.shown, "at": ""} == {**slow.shown, "at": ""}
    if not is_away:
        assert {**other.shown, "at": ""} == {**last.shown, "at": ""}


def test_a_viewer_that_lacks_some_versions_gets_what_it_missed_and_others_a_snapshot() -> None:
    """One message, or several; encoded once; nobody gets the same version twice."""
    channel = Channel(Window())
    assert channel.messages(0) is None
    for version in (1, 2, 3):
        assert channel.update(content(version), frames(version))
    assert channel.messages(3) is None
    types = {
        seen: [json.loads(each)["type"] for each in (channel.messages(seen) or b"").splitlines()]
        for seen in (0, 1, 2, 99)
    }
    assert types == {0: ["snapshot"], 1: ["changes"] * 2, 2: ["changes"], 99: ["snapshot"]}
    assert channel.messages(0) is channel.messages(99)
    assert channel.messages(2) is channel.messages(2)


def test_what_was_missed_is_kept_up_to_a_bound() -> None:
    """Of what is more than a snapshot, nothing is: but the newest version always."""
    channel = Channel(Window())
    for version in range(1, 400):
        channel.update(content(version, name="x" * 300), frames(version))
    kept = sum(len(changes) for _, changes in channel._newest)
    assert MOST_MISSED_BYTES / 2 < kept <= MOST_MISSED_BYTES
    channel.update(content(1, name="y" * 2 * MOST_MISSED_BYTES), frames(400))
    assert b'"changes"' in (channel.messages(399) or b"")
    assert b'"snapshot"' in (channel.messages(398) or b"")


def test_a_content_that_shows_nothing_new_is_no_version() -> None:
    """Nothing is sent for a commit that this window does not show."""
    channel = Channel(Window())
    assert channel.update(content(1), frames(1))
    assert not channel.update(content(1), frames(2))
    assert channel.version == 1


def test_another_generation_is_a_snapshot_for_everybody() -> None:
    """After a reset nothing of before is changed into what is now."""
    channel = Channel(Window())
    channel.update(content(1, "1"), frames(1))
    assert channel.update(content(1, "2"), frames(2))
    frame = json.loads(channel.messages(1) or b"")
    assert (frame["type"], frame["generation"]) == ("snapshot", "2")


def test_who_comes_back_gets_what_was_missed_of_the_same_generation() -> None:
    """Else a snapshot, as everybody who is new; nobody is told anything that he has."""
    common = hub()
    first = joined(common)
    first.viewer.channel.update(content(1), frames(1))
    first.viewer.channel.update(content(2), frames(2))
    for since, expected in (
        (Since("1", 1), ["changes"]),
        (Since("1", 2), []),
        (Since("2", 1), ["snapshot"]),
        (Since("1", 77), ["snapshot"]),
        (None, ["snapshot"]),
    ):
        back = joined(common, since=since)
        back.shown = {"carts": {"items": [{"user_id": "a", "value": 1}]}}
        common.bring(back.viewer)
        assert [each["type"] for each in back.got] == expected
    first.viewer.channel.refuse(AWAY, frames(3))
    back = joined(common, since=Since("1", 2))
    common.bring(back.viewer)
    assert [each["type"] for each in back.got] == ["error"]


def test_viewers_of_one_window_share_a_channel_that_lingers_behind_the_last_one() -> None:
    """Who comes back at once finds what was missed; then it goes."""
    clock = Clock(0.0)
    common = Hub(clock)
    first, second = joined(common), joined(common)
    other = joined(common, Window(search="x"))
    assert first.viewer.channel is second.viewer.channel
    assert first.viewer.channel is not other.viewer.channel
    assert common.statistics() == {"viewers": 3, "channels": 2}
    for viewer in (other.viewer, first.viewer, first.viewer):
        common.leave(viewer)
    assert common.statistics() == {"viewers": 1, "channels": 1}
    assert {each.window for each in common.channels()} == {Window(), Window(search="x")}
    clock.now = LINGER_S + 1
    assert [each.window for each in common.channels()] == [Window()]
    common.turn(second.viewer, Window(filter="paid"))
    assert common.statistics() == {"viewers": 1, "channels": 1}
    common.turn(second.viewer, Window())
    clock.now = 3 * LINGER_S
    assert [each.window for each in common.channels()] == [Window()]


def test_not_all_windows_that_were_ever_looked_at_linger() -> None:
    """Who goes through very many of them leaves the newest behind."""
    common = hub()
    browser = joined(common)
    for number in range(3 * MOST_LINGERING):
        common.turn(browser.viewer, Window(search=str(number)))
    assert len(common.channels()) == MOST_LINGERING + 1
    assert common.channels()[-1].window == Window(search=str(3 * MOST_LINGERING - 1))


def test_a_turn_to_any_window_is_answered_by_a_snapshot() -> None:
    """To the same one too: it is how a page asks for a fresh start."""
    common = hub()
    browser = joined(common)
    browser.viewer.channel.update(content(1), frames(1))
    assert common.bring(browser.viewer)
    assert not common.bring(browser.viewer)
    assert common.take_newcomers() == [browser.viewer]
    common.turn(browser.viewer, Window())
    assert common.take_newcomers() == [browser.viewer]
    assert common.take_newcomers() == []
    assert common.bring(browser.viewer)
    assert [each["type"] for each in browser.got] == ["snapshot"] * 2


def test_who_leaves_is_no_newcomer() -> None:
    """Nothing is put into an outlet that is gone."""
    common = hub()
    browser = joined(common)
    common.leave(browser.viewer)
    assert common.take_newcomers() == []


def test_a_viewer_that_takes_nothing_is_given_nothing() -> None:
    """Neither news nor heartbeats wait for it; what it lacks comes when it is clear again."""
    common = hub()
    slow = joined(common)
    channel = slow.viewer.channel
    channel.update(content(1), frames(1))
    common.bring(slow.viewer)
    slow.is_clear = False
    for version in range(2, 9):
        channel.update(content(version), frames(version))
        assert common.bring(slow.viewer)
        common.beat(slow.viewer, frames(version).heartbeat())
    assert len(slow.got) == 1
    assert common.traffic.conflated == 7
    slow.is_clear = True
    assert common.bring(slow.viewer)
    assert slow.shown["carts"]["items"] == [{"user_id": "a", "value": 8}]
    assert not common.bring(slow.viewer)


def test_viewers_are_bounded() -> None:
    """Past the bound it is full; who leaves makes room."""
    common = hub()
    viewers: list[Viewer] = [joined(common).viewer for _ in range(MAX_VIEWERS)]
    assert common.is_full
    common.leave(viewers[0])
    assert not common.is_full


def test_what_was_sent_is_counted_and_timed_from_the_commit_that_it_shows() -> None:
    """Not a first snapshot, nor what no commit has changed."""
    clock = Clock(0.0)
    common = Hub(clock)
    quick, slow = joined(common), joined(common)
    channel = quick.viewer.channel

    def brought(now: float, *browsers: Browser) -> None:
        clock.now = now
        for browser in browsers:
            common.bring(browser.viewer)

    channel.update(content(1), frames(1), since=1.0)
    brought(100.0, quick, slow)
    assert (common.traffic.frames, common.traffic.view_to_frame.up_to()[-1]) == (2, 0)
    channel.update(content(2), frames(2), since=100.0)
    brought(100.02, quick)
    channel.update(content(3), frames(3), since=101.0)
    brought(101.2, quick, slow)
    channel.update(content(4), frames(4))
    brought(200.0, quick)
    traffic = common.traffic
    assert traffic.frames == 6
    counts = dict(zip(BOUNDS_S, traffic.view_to_frame.up_to(), strict=False))
    assert [counts[bound] for bound in (0.01, 0.025, 0.15, 0.25, 300.0)] == [0, 1, 1, 3, 3]
    assert traffic.view_to_frame.sum == pytest.approx(0.42)
    common.leave(slow.viewer)
    common.leave(slow.viewer)
    assert traffic.left == 1
