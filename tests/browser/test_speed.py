"""static/elements/uploads/speed.js: how fast an upload goes, and how long it takes."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from tests.browser.stage import Stage

PLAY = """async ([heard, looks]) => {
  const { Speed } = await import("/static/elements/uploads/speed.js");
  const speed = new Speed();
  const told = [];
  let next = 0;
  for (const [at, left] of looks) {
    while (next < heard.length && heard[next][0] <= at) {
      const [when, processed, state = "running"] = heard[next++];
      speed.hear({ state, processed }, when);
    }
    told.push([speed.rate(at), speed.left(left, at)]);
  }
  return told;
}"""


def played(stage: Stage, heard: list[Any], looks: list[Any]) -> list[list[float | None]]:
    """Tell a speed what is heard at times, and look at it at others; both in milliseconds."""
    told: list[list[float | None]] = stage.blank().evaluate(PLAY, [heard, looks])
    return told


def test_a_steady_pace_is_told_steadily(stage: Stage) -> None:
    """At one line a second it is 1 whenever somebody looks, and the time left runs down with it."""
    heard = [[at * 1000, at] for at in range(31)]
    looks = [[at * 1000 + late, 100 - at] for at in range(3, 30) for late in (1, 400, 990)]
    told = played(stage, heard, looks)
    assert {round(rate or 0, 6) for rate, _ in told} == {1}
    left = [seconds or 0 for _, seconds in told]
    assert left == sorted(left, reverse=True)


def test_a_noisy_pace_does_not_make_the_time_left_jump(stage: Stage) -> None:
    """Frames that hold now more and now less move the end by a little at a time."""
    heard, processed = [], 0
    for tick in range(400):
        processed += 90 if tick % 2 else 10
        heard.append([tick * 100, processed])
    looks = [[at * 1000, 100_000 - at * 500] for at in range(2, 40)]
    left = [seconds or 0 for _, seconds in played(stage, heard, looks)]
    steps = [before - after for before, after in pairwise(left)]
    assert all(-5 < step < 7 for step in steps), steps


def test_what_stalls_says_so_and_knows_no_end(stage: Stage) -> None:
    """Its rate falls, to nothing in the end; then nobody knows when it will be through."""
    heard = [[at * 100, at * 10] for at in range(31)]
    told = played(stage, heard, [[3_000, 700], [6_000, 700], [12_000, 700]])
    (steady, _), (slower, _), (stalled, end) = told
    assert steady == pytest.approx(100)
    assert slower is not None
    assert 0 < slower < 60
    assert (stalled, end) == (0, None)


def test_nothing_is_told_that_is_not_known(stage: Stage) -> None:
    """Not before a second is heard, not of what is paused, and anew once it goes on."""
    heard = [[0, 0], [500, 50], [2_000, 200], [2_100, 200, "paused"], [9_000, 200], [9_500, 900]]
    told = played(stage, heard, [[600, 950], [2_050, 800], [2_200, 800], [9_600, 100]])
    assert told[0] == [None, None]
    assert told[1][0] == pytest.approx(100)
    assert told[2] == [None, None]
    assert told[3] == [None, None]


def test_a_faster_pace_is_told_within_the_window(stage: Stage) -> None:
    """Somebody who chooses another pace sees it, and the end with it."""
    slow = [[at * 100, at * 10] for at in range(50)]
    fast = [[5_000 + at * 100, 500 + at * 100] for at in range(100)]
    rate, left = played(stage, slow + fast, [[14_900, 10_000]])[0]
    assert rate == pytest.approx(1_000, rel=0.05)
    assert left == pytest.approx(10, rel=0.1)


def test_its_memory_is_bounded(stage: Stage) -> None:
    """Of what comes close together one is kept, of what is long ago nothing."""
    size = stage.blank().evaluate(
        """async () => {
          const { Speed } = await import("/static/elements/uploads/speed.js");
          const push = Array.prototype.push;
          let most = 0;
          Array.prototype.push = function (...items) {
            const size = push.apply(this, items);
            most = Math.max(most, size);
            return size;
          };
          const speed = new Speed();
          for (let at = 0; at < 60_000; at += 10) {
            speed.hear({ state: "running", processed: at }, at);
          }
          Array.prototype.push = push;
          return most;
        }"""
    )
    assert 10 < size < 50


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "1 s left"),
        (1, "1 s left"),
        (9.2, "10 s left"),
        (21, "25 s left"),
        (59, "1 min left"),
        (61, "1 min 10 s left"),
        (599, "10 min left"),
        (601, "11 min left"),
        (3_599, "1 h left"),
        (3_700, "1 h 5 min left"),
        (86_400 * 3, "3 days left"),
    ],
)
def test_the_time_left_is_told_in_steps(stage: Stage, seconds: float, words: str) -> None:
    """The longer it takes, the larger they are: words that change are words that are read."""
    told = stage.blank().evaluate(
        """async (seconds) => {
          const { leftWords } = await import("/static/elements/uploads/speed.js");
          return leftWords(seconds);
        }""",
        seconds,
    )
    assert told == words
