"""static/elements/completed/: the fulfilment feed, live at its end."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.flow_facts import topic
from tests.browser.frames import AT, STATS, changes, completed, completed_page, snapshot
from tests.browser.stage import Stage

OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def open_feed(stage: Stage, feed: dict[str, Any], **facts: Any) -> Page:
    first = snapshot(stats={**STATS, "paid": feed["total"]})
    return stage.open("/completed", first, facts={"completed": feed, **facts})


def paid(many: int) -> dict[str, Any]:
    """Make a change of the figures: so many orders are paid."""
    return changes(stats={**STATS, "paid": many})


def test_the_feed_is_a_table_with_links_to_its_carts(stage: Stage) -> None:
    """Each order with its number in the feed, its user, its id and when it completed."""
    page = open_feed(stage, completed_page([completed(7, "a/b", "00123")]))
    row = page.locator('[data-completed="7"]')
    expect(row.locator(".feed-seq")).to_have_text("7")
    expect(row.locator(".feed-order")).to_have_text('"00123"')
    expect(row.get_by_role("link", name="a/b")).to_have_attribute("href", "/carts/a%2Fb")
    for name, href in (("CSV", "completed.csv"), ("JSON Lines", "completed.jsonl")):
        link = page.locator("main").get_by_role("link", name=name)
        expect(link).to_have_attribute("href", f"/api/{href}")


def test_the_newest_page_grows_at_its_end(stage: Stage) -> None:
    """What completes is appended, like the rows of the server, after the last one that is known."""
    page = open_feed(stage, completed_page([completed(7)]))
    stage.answer("/api/completed?cursor=7*", {"items": [completed(9, "b", "x")], "total": 2})
    stage.answer("/api/completed?cursor=9*", {"items": [], "total": 2})
    stage.play(paid(4))
    rows = page.locator("[data-completed]")
    expect(rows).to_have_count(2)
    expect(page.locator(".feed-total")).to_have_text("4 orders")
    html = rows.evaluate_all("(rows) => rows.map((row) => row.outerHTML)")
    old, new = (re.sub(r">[^<]*<", "><", re.sub(r' title="[^"]*"', "", text)) for text in html)
    assert new == old.replace('"7"', '"9"').replace("/carts/a", "/carts/b")


def test_another_page_stays_as_it_is(stage: Stage) -> None:
    """Only the newest one grows; the others lead there."""
    page = open_feed(stage, completed_page([completed(7)], more=True, after=5, back=0, total=9))
    stage.play(paid(10))
    expect(page.locator(".feed-total")).to_have_text("10 orders")
    assert stage.calls == []
    expect(page.get_by_role("link", name="Next page")).to_have_attribute(
        "href", "/completed?cursor=7"
    )
    expect(page.get_by_role("link", name="Page before")).to_have_attribute(
        "href", "/completed?cursor=0"
    )
    stage.server.first = snapshot(stats={**STATS, "paid": 10})
    stage.server.facts = {"completed": completed_page([completed(90)], total=10)}
    page.get_by_role("link", name="Newest").click()
    expect(page).to_have_url(f"{stage.server.origin}/completed")
    expect(page.locator('[data-completed="90"]')).to_be_visible()


def test_too_many_at_once_are_not_all_waited_for(stage: Stage) -> None:
    """Where more came than one answer holds, the newest page is asked for."""
    page = open_feed(stage, completed_page([completed(1)]))
    many = [completed(n) for n in range(2, 502)]
    stage.answer("/api/completed?*", {"items": many, "total": 9_000})
    stage.server.first = snapshot(stats={**STATS, "paid": 9_000})
    stage.server.facts = {"completed": completed_page([completed(9_000)], total=9_000)}
    stage.play(paid(9_000))
    expect(page.locator('[data-completed="9000"]')).to_be_visible()
    expect(page.locator("[data-completed]")).to_have_count(1)


def test_an_empty_feed_says_what_would_stand_there(stage: Stage) -> None:
    """And fills by itself."""
    page = open_feed(stage, completed_page())
    expect(page.get_by_text("No order is paid yet")).to_be_visible()
    stage.answer("/api/completed?cursor=0*", {"items": [completed(3)], "total": 1})
    stage.answer("/api/completed?cursor=3*", {"items": [], "total": 1})
    stage.play(paid(1))
    expect(page.locator('[data-completed="3"]')).to_be_visible()
    expect(page.get_by_text("No order is paid yet")).to_be_hidden()


def test_what_cannot_be_read_says_why(stage: Stage) -> None:
    """With the server's words, until it can be."""
    page = open_feed(stage, completed_page([completed(1)]))
    error = {"error": {"code": "storage", "message": "The disk is full."}}
    stage.answer("/api/completed?*", error, status=507)
    stage.play(paid(9))
    expect(page.locator("main").get_by_role("alert")).to_contain_text("The disk is full.")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


def test_it_fits_a_phone(stage: Stage) -> None:
    """Long ids are cut; all of them are in the titles."""
    stage.page.set_viewport_size({"width": 320, "height": 700})
    page = open_feed(stage, completed_page([completed(2**40, "u" * 256, "o" * 256)]))
    assert page.evaluate(OVERFLOW) == 0
    expect(page.locator(".feed-order")).to_have_attribute("title", "o" * 256)


def test_on_a_phone_a_row_has_two_lines_whatever_its_ids(stage: Stage) -> None:
    """An ordinary id is whole, a long one keeps its end; none makes a row higher."""
    stage.page.set_viewport_size({"width": 360, "height": 740})
    ids: list[tuple[str, int | str]] = [
        ("zoe", 1),
        ("stream-1234567", "order-2026-000123456"),
        ("u" * 256, "o" * 256),
    ]
    orders = [completed(n, user, order) for n, (user, order) in enumerate(ids, 1)]
    page = open_feed(stage, completed_page(orders, total=3))
    heights = page.locator("[data-completed]").evaluate_all(
        "rows => rows.map(row => row.getBoundingClientRect().height)"
    )
    assert len(set(heights)) == 1
    assert heights[0] < 60
    cut = "node => node.scrollWidth > node.clientWidth"
    for name in ("stream-1234567", "000123456"):
        place = page.locator('[data-completed="2"] td').filter(has_text=name)
        assert not any(each.evaluate(cut) for each in place.locator("*").all() if each.is_visible())
    expect(page.locator('[data-completed="3"] .feed-user .cut-end')).to_be_visible()
    expect(page.get_by_role("row")).to_have_count(4)


def test_a_topic_that_gets_no_orders_says_so_beside_the_feed(stage: Stage) -> None:
    """Where it is published; it follows by itself."""
    failing = topic("failing", message="Topic done gets no completed orders.", since=AT)
    stage.answer("/api/completed/topic", failing | {"state": "publishing", "message": "Has all."})
    page = open_feed(stage, completed_page([completed(7)]), topic=failing)
    place = page.locator("completed-topic")
    expect(place).to_have_attribute("data-state", "publishing")
    expect(place).to_contain_text("Has all.")
    expect(place.locator("time")).to_be_hidden()
