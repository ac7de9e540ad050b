"""static/paint/answered.js, http.js: a session that ended is told from a server that is away."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.every_view import EVERY_VIEW
from tests.browser.frames import cart, snapshot
from tests.browser.stage import ROUND_TRIPS, Stage
from web.http.pages.visitor import Visitor

A = snapshot([cart("a", unpaid=[1])])
FULL = "too many browsers look at this dashboard"
#: Who was in another tab, to sign in there, looks at this one again.
COMES_BACK = "() => document.dispatchEvent(new Event('visibilitychange'))"
REFUSAL = {"error": {"code": "unauthorized", "message": "sign in first"}}


def notice(page: Page) -> Locator:
    return page.get_by_role("alert").filter(has_text="You are signed out")


def until_asked(stage: Stage, asked: list[Route]) -> None:
    """Return once somebody has asked why, and heard what there is to hear."""
    for _ in range(ROUND_TRIPS):
        if asked:
            break
        stage.page.evaluate("0")
    assert asked
    stage.painted()


def refuse(stage: Stage, status: int | None) -> list[Route]:
    """Close the socket for good, and answer who asks why by a status; or not at all."""
    asked: list[Route] = []

    def answer(route: Route) -> None:
        asked.append(route)
        if status is None:
            route.abort()
        else:
            route.fulfill(status=status)

    stage.refuses = True
    stage.deaf = True
    stage.page.route(f"{stage.server.origin}/", answer)
    stage.sockets[-1].close()
    return asked


def test_a_socket_that_is_refused_for_want_of_a_session_is_told_of(stage: Stage) -> None:
    """Once, with the way back in; the last facts stay, and it goes when the page is live again."""
    page = stage.open(first=A)
    asked = refuse(stage, 401)
    expect(notice(page)).to_be_visible()
    way = notice(page).get_by_role("link", name="Sign in")
    expect(way).to_have_attribute("href", f"{stage.server.origin}/sign-in")
    expect(page.locator('[data-cart="a"]')).to_be_visible()
    assert [each.request.method for each in asked] == ["HEAD"]
    stage.deaf = False
    page.evaluate(COMES_BACK)
    expect(page.locator("[data-connection=live]")).to_be_visible()
    expect(notice(page)).to_have_count(0)


def test_who_is_signed_out_is_told_so_and_nothing_is_tried_again(
    stage: Stage, subtests: pytest.Subtests
) -> None:
    """Whatever is on screen, the connection says it; no control of it would be refused."""
    stage.page.clock.install()
    stage.answer("/api/**", REFUSAL, status=401)
    for view in EVERY_VIEW[1::2]:
        with subtests.test(view.path):
            stage.deaf = False
            page = stage.open(view.path, view.first, facts=view.facts)
            refuse(stage, 401)
            expect(notice(page)).to_be_visible()
            badge = page.locator("[data-connection=offline]")
            expect(badge).to_have_text("Signed out")
            tried = len(stage.sockets)
            page.clock.fast_forward(60_000)
            assert len(stage.sockets) == tried
            expect(page.locator(".asof-time")).to_be_visible()
            for selector in (".asof-next", '[data-action="retry"]'):
                expect(page.locator(selector)).to_be_hidden()
            expect(notice(page)).to_have_count(1)


def test_a_server_that_is_away_has_signed_nobody_out(stage: Stage) -> None:
    """It does not answer who asks why, or answers that all is well."""
    for status in (None, 200, 503):
        page = stage.open(first=A)
        asked = refuse(stage, status)
        until_asked(stage, asked)
        expect(page.locator("[data-connection=offline]")).to_be_visible()
        expect(notice(page)).to_have_count(0)
        page.unroute(f"{stage.server.origin}/")
        stage.deaf = False


def test_a_session_that_ended_while_the_server_was_away_is_told_of_once_it_is_back(
    stage: Stage,
) -> None:
    """It is asked again, now and then, for as long as the socket does not open."""
    stage.page.clock.install()
    page = stage.open(first=A)
    asked = refuse(stage, None)
    until_asked(stage, asked)
    page.unroute(f"{stage.server.origin}/")
    stage.answer("/", REFUSAL, status=401)
    page.clock.fast_forward(10_000)
    expect(notice(page)).to_be_visible()
    assert len(stage.calls) == 1


def test_a_socket_that_was_closed_with_a_reason_is_not_asked_about(stage: Stage) -> None:
    """The server has said why."""
    page = stage.open(first=A)
    stage.deaf = True
    stage.sockets[-1].close(code=1013, reason=FULL)
    expect(page.locator("[data-connection=offline]")).to_have_attribute("title", FULL)
    stage.arrived()
    expect(notice(page)).to_have_count(0)


def test_a_call_that_is_refused_for_want_of_a_session_is_told_of(stage: Stage) -> None:
    """Where somebody acted, and above all that is shown as of then."""
    page = stage.open(first=A)
    stage.answer("/api/flow/restart", REFUSAL, status=401)
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Restart the flow").click()
    expect(notice(page)).to_be_visible()
    words = page.locator("flow-menu .error-words")
    expect(words).to_have_text("Nobody is signed in here any more: sign in, and do it again.")


def test_what_tells_of_it_is_loaded_again_where_it_did_not_come(stage: Stage) -> None:
    """A page that had just come when the server went has not loaded it yet."""
    missed: list[Route] = []

    def miss(route: Route) -> None:
        missed.append(route)
        if len(missed) == 1:
            route.abort()
        else:
            route.continue_()

    stage.page.route("**/paint/answered.js", miss)
    page = stage.open(first=A)
    refuse(stage, 401)
    expect(notice(page)).to_be_visible()
    assert len(missed) == 2


def test_who_is_signed_in_can_sign_out_everywhere(stage: Stage) -> None:
    """The call is made once, and the page is loaded anew; a refusal is told in the menu."""
    page = stage.open(first=A, visitor=Visitor(signed_in=True))
    stage.answer("/api/sign-out", {"error": {"code": "x", "message": "Not now."}}, status=503)
    page.get_by_role("button", name="Menu").click()
    out = page.get_by_role("button", name="Sign out everywhere")
    out.click()
    expect(page.locator("flow-menu .error-words")).to_have_text("Not now.")
    stage.answer("/api/sign-out", None, status=204, text="")
    with page.expect_navigation():
        out.click()
    expect(page.locator("[data-connection=live]")).to_be_visible()
    assert [each.method for each in stage.calls] == ["POST", "POST"]


def test_nobody_signs_out_of_a_server_without_logins(stage: Stage) -> None:
    """There is nothing to sign out of."""
    page = stage.open(first=A)
    page.get_by_role("button", name="Menu").click()
    expect(page.get_by_role("button", name="Sign out everywhere")).to_have_count(0)
