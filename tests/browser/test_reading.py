"""static/api/reading.js: facts that are read again and again, and never too often."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from tests.browser.stage import Stage

#: A reading whose server is `page.answers`: each question waits there until the test answers it.
BEGIN = """async (pause) => {
  const { Reading } = await import("/static/api/reading.js");
  const { Refusal } = await import("/static/http.js");
  const connection = Object.assign(new EventTarget(), { state: "live", wasAway: false });
  const life = new AbortController();
  const told = [], questions = [];
  const reading = new Reading({
    ask: () => new Promise((resolve, reject) => questions.push({ resolve, reject })),
    take: (facts) => told.push(facts),
    tell: (refusal) => told.push(refusal?.message ?? null),
    pause: () => pause,
    connection,
    signal: life.signal,
  });
  Object.assign(window, { reading, connection, life, told, questions, Refusal });
  reading.soon();
}"""


def begun(stage: Stage, pause: int | None = 1_000) -> Page:
    """Begin a reading, in a time that passes only where the test lets it."""
    page = stage.page
    page.clock.install(time="2026-03-01T12:00:00Z")
    page.clock.pause_at("2026-03-01T12:00:01Z")
    stage.blank()
    page.evaluate(BEGIN, pause)
    page.clock.run_for(1)
    return page


def answer(page: Page, facts: Any) -> None:
    """Answer the oldest question that waits."""
    page.evaluate("facts => questions[0].resolve(facts)", facts)


def asked(page: Page) -> int:
    return int(page.evaluate("questions.length"))


def test_one_question_at_a_time_and_at_most_one_a_second(stage: Stage) -> None:
    """However often it is wanted soon; what was asked before that is asked once more."""
    page = begun(stage)
    page.evaluate("() => { for (let n = 0; n < 9; n += 1) reading.soon(); }")
    page.clock.run_for(5_000)
    assert asked(page) == 1
    answer(page, "first")
    page.clock.run_for(1)
    assert asked(page) == 2
    page.evaluate("questions[1].resolve('second')")
    page.evaluate("() => { for (let n = 0; n < 9; n += 1) reading.soon(); }")
    page.clock.run_for(900)
    assert asked(page) == 2
    page.clock.run_for(200)
    assert asked(page) == 3
    assert page.evaluate("told") == [None, "first", None, "second"]


def test_it_goes_on_by_itself_or_waits_to_be_wanted(stage: Stage) -> None:
    """After its pause; without one, not before somebody wants it."""
    page = begun(stage, None)
    answer(page, "first")
    page.clock.run_for(60_000)
    assert asked(page) == 1
    page.evaluate("reading.soon()")
    page.clock.run_for(1)
    assert asked(page) == 2


def test_a_hidden_tab_asks_nothing(stage: Stage) -> None:
    """It asks at once when it is looked at again."""
    page = begun(stage)
    hide = """hidden => {
      Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }"""
    answer(page, "first")
    page.evaluate(hide, True)
    page.clock.run_for(60_000)
    assert asked(page) == 1
    page.evaluate(hide, False)
    page.clock.run_for(1)
    assert asked(page) == 2


def test_a_server_that_is_away_is_not_asked(stage: Stage) -> None:
    """That is told; asked it is when the connection is back."""
    page = begun(stage)
    answer(page, "first")
    move = """state => {
      Object.assign(connection, { state, wasAway: true });
      connection.dispatchEvent(new Event("state"));
    }"""
    page.evaluate(move, "offline")
    page.clock.run_for(2_000)
    assert asked(page) == 1
    assert "No connection" in page.evaluate("told.at(-1)")
    page.evaluate(move, "live")
    page.clock.run_for(1)
    assert asked(page) == 2


def test_a_refusal_is_told_and_tried_again(stage: Stage) -> None:
    """In its words; the next answer takes them back."""
    page = begun(stage)
    page.evaluate("questions[0].reject(new Refusal('full', 'The view is away.'))")
    page.clock.run_for(1_000)
    assert page.evaluate("told") == ["The view is away."]
    page.evaluate("questions[1].resolve('second')")
    assert page.evaluate("told") == ["The view is away.", None, "second"]


def test_what_has_ended_takes_no_answer(stage: Stage) -> None:
    """Nor does it ask again."""
    page = begun(stage)
    page.evaluate("life.abort()")
    answer(page, "late")
    page.clock.run_for(60_000)
    assert page.evaluate("told") == []
    assert asked(page) == 1
