"""static/api/paced.js: readings that never come too often."""

from __future__ import annotations

from itertools import pairwise

from tests.browser.stage import Stage


def test_a_reading_is_done_at_most_once_a_second(stage: Stage) -> None:
    """One at a time, however often it is asked for; what is asked meanwhile is read once more."""
    begun, at_once = stage.blank().evaluate(
        """async () => {
          const { Paced } = await import("/static/api/paced.js");
          const begun = [];
          let running = 0;
          let atOnce = 0;
          await new Promise((done) => {
            const paced = new Paced(async () => {
              begun.push(performance.now());
              running += 1;
              atOnce = Math.max(atOnce, running);
              for (let n = 0; n < 3; n += 1) paced.ask();
              await new Promise((go) => { setTimeout(go, 20); });
              running -= 1;
              if (begun.length === 3) done();
            }, new AbortController().signal);
            for (let n = 0; n < 5; n += 1) paced.ask();
          });
          return [begun, atOnce];
        }"""
    )
    assert at_once == 1
    assert len(begun) == 3
    assert all(later - sooner >= 999 for sooner, later in pairwise(begun))


def test_a_reading_ends_with_its_element(stage: Stage) -> None:
    """Nothing is read any more, and what is under way is given up."""
    heard = stage.blank().evaluate(
        """async () => {
          const { Paced } = await import("/static/api/paced.js");
          const life = new AbortController();
          const heard = [];
          const paced = new Paced(async (signal) => {
            heard.push("read");
            life.abort();
            heard.push(signal.aborted);
          }, life.signal);
          paced.ask();
          await new Promise((done) => { setTimeout(done, 50); });
          paced.ask();
          await new Promise((done) => { setTimeout(done, 50); });
          return heard;
        }"""
    )
    assert heard == ["read", True]
