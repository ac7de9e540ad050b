"""static/api/paced.js: readings that never come too often."""

from __future__ import annotations

from tests.browser.stage import Stage

BEGIN = """async () => {
  const { Paced } = await import("/static/api/paced.js");
  const waiting = [];
  const { signal } = new AbortController();
  const paced = new Paced(() => new Promise((done) => waiting.push(done)), signal);
  const ask = (times) => { for (let n = 0; n < times; n += 1) paced.ask(); };
  Object.assign(window, { waiting, ask });
}"""


def test_a_reading_is_done_at_most_once_a_second(stage: Stage) -> None:
    """One at a time, however often it is asked for; what is asked meanwhile is read once more."""
    page = stage.page
    page.clock.install(time="2026-03-01T12:00:00Z")
    page.clock.pause_at("2026-03-01T12:00:01Z")
    stage.blank()
    page.evaluate(BEGIN)

    def begun_after(milliseconds: int) -> int:
        page.clock.run_for(milliseconds)
        return int(page.evaluate("waiting.length"))

    page.evaluate("ask(5)")
    assert begun_after(1) == 1
    page.evaluate("ask(3)")
    assert begun_after(5_000) == 1
    page.evaluate("waiting[0]()")
    assert begun_after(1) == 2
    page.evaluate("ask(3)")
    page.evaluate("waiting[1]()")
    assert begun_after(900) == 2
    assert begun_after(200) == 3


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
