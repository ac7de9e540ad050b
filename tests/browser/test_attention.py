"""static/elements/attention/: what waits for somebody, each a link to it."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.frames import ATTENTION, changes, snapshot, upload
from tests.browser.stage import Stage

HURRY = {
    **ATTENTION,
    "unpaid": {"carts": 212, "oldest_at": "2026-02-26T12:00:00Z"},
    "waiting": {"carts": 42, "oldest_at": "2026-03-01T10:00:00Z"},
    "skipped_open": 604,
    "uploads_paused": 1,
    "recoveries_today": 3,
}


def test_each_figure_leads_to_what_it_counts(stage: Stage) -> None:
    """By the server first, and by each frame."""
    paused = upload("u1", "orders.csv", state="paused")
    page = stage.open(first=snapshot(attention=HURRY, uploads=[paused]))
    wanted = {
        "unpaid": ("212", "/?filter=unpaid&older=1800&sort=oldest", "oldest 3 d"),
        "waiting": ("42", "/?filter=waiting&older=1800&sort=oldest", "oldest 2 h"),
        "skipped": ("604", "/skipped?state=open", "604"),
        "paused": ("1", "/files", "orders.csv"),
        "recovered": ("3", "/flow/recovery", "3"),
    }
    for name, (value, address, words) in wanted.items():
        figure = page.locator(f'[data-attention="{name}"]')
        expect(figure).to_have_attribute("data-value", value)
        expect(figure).to_have_attribute("href", address)
        expect(figure).to_contain_text(words)
    for name, words in (
        ("unpaid", "Unpaid > 30 min 212"),
        ("waiting", "Payments without an order > 30 min 42"),
    ):
        expect(page.locator(f'[data-attention="{name}"]')).to_contain_text(words)
    stage.play(changes(attention={**HURRY, "skipped_open": 5}))
    expect(page.locator('[data-attention="skipped"]')).to_have_attribute("data-value", "5")
    expect(page.locator('[data-count="skipped"]')).to_contain_text("5")


def test_what_counts_those_of_an_age_alone_says_of_which(stage: Stage) -> None:
    """Each figure whose link asks for an age names it, however narrow the page is."""
    stage.page.set_viewport_size({"width": 360, "height": 720})
    page = stage.open(first=snapshot(attention={**HURRY, "older": 7200}))
    aged = page.locator('[data-attention][href*="older="]')
    assert aged.count() == 2
    for figure in aged.all():
        expect(figure).to_have_attribute("href", re.compile("older=7200&"))
        assert re.search(r"> 2\sh", figure.inner_text())


def test_ages_move_on_by_themselves(stage: Stage) -> None:
    """By the server's clock, though nothing comes."""
    stage.page.clock.install(time="2030-01-01T00:00:00Z")
    page = stage.open(first=snapshot(attention=HURRY))
    age = page.locator('[data-attention="waiting"] time')
    expect(age).to_have_text("2 h")
    page.clock.fast_forward("01:00:01")
    expect(age).to_have_text("3 h")


def test_what_is_not_known_yet_is_no_nought(stage: Stage) -> None:
    """While ages are being found out, a dash stands for them."""
    page = stage.open(first=snapshot(attention={**ATTENTION, "unpaid": None, "waiting": None}))
    for name in ("unpaid", "waiting"):
        expect(page.locator(f'[data-attention="{name}"]')).to_contain_text("–")
        expect(page.locator(f'[data-attention="{name}"]')).to_have_attribute("data-value", "")
    stage.play(changes(attention=HURRY))
    expect(page.locator('[data-attention="unpaid"]')).to_have_attribute("data-value", "212")


def test_paused_files_are_seen_from_everywhere(stage: Stage) -> None:
    """In the way to the files, too; where there is none, nothing stands there."""
    page = stage.open(first=snapshot(attention=HURRY))
    expect(page.locator('[data-count="files"]')).to_contain_text("1!")
    stage.play(changes(attention=ATTENTION))
    expect(page.locator('[data-count="files"]')).to_be_hidden()
