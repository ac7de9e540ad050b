"""The five minutes of somebody who evaluates the system: stream, kill, stopwatch, proof."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.kit.running import Cartwatch, until


def test_an_evaluator_kills_the_flow_and_proves_that_nothing_was_lost(
    page: Page, cartwatch: Cartwatch
) -> None:
    """In sight of the moving figures it dies, comes back within the stopwatch, and adds up."""
    cartwatch.settled()
    page.goto(cartwatch.url)
    page.locator('[data-nav="flow"]').click()
    expect(page.locator("[data-chart]")).to_have_count(4)
    stream = {"rate": 200, "users": 300, "bad": 0.02}
    assert cartwatch.call("POST", "/api/stream", stream).status == 201
    until(lambda: cartwatch.get("/api/stats")["events"] > 400)

    # It moves: the newest value of the chart, and what went through each step.
    expect(page.locator("[data-chart=events] .chart-value")).to_have_text(
        re.compile(r"^[1-9][\d.,]* a second$"),
    )
    for step in cartwatch.get("/api/dataflow")["steps"]:
        drawn = page.locator(f'[data-step="{step["id"]}"]')
        expect(drawn).not_to_have_attribute("data-in", "0")
    expect(page.locator("[data-slowest]")).to_contain_text("slowest")
    page.locator('[data-step="join_carts"]').click()
    expect(page.get_by_role("region", name="join").locator("[data-fact=cost]")).to_have_text(
        re.compile(r"^[\d.]+ µs$"),
    )

    first = cartwatch.flow_pid()
    page.get_by_role("button", name="Kill the flow (SIGKILL)").click()
    watch = page.get_by_role("list", name="The last recovery, in seconds")
    expect(watch).to_have_text(
        re.compile(r"dead 0\.00\s+restored [\d.]+(\s+(first new record|caught up) [\d.]+){2} s"),
    )
    expect(page.locator("[data-flow]")).to_have_attribute("data-flow", "running")
    assert cartwatch.flow_pid() != first
    told = cartwatch.get("/api/recovery")["history"][0]
    exact = (told["seconds_to_restored"], told["seconds_to_first_new"], told["seconds"])
    for name, seconds in zip(("restored", "new", "up"), exact, strict=True):
        expect(page.locator(f"[data-mark={name}] .watch-time")).to_have_text(f"{seconds:.2f}")
    newest = page.locator("[data-start]").first
    expect(newest).to_contain_text("you killed it")
    expect(newest).to_contain_text(f"{told['records_replayed']:,} replayed")
    expect(page.locator("[data-chart=lag] .history-mark[data-kind=killed]")).to_have_count(1)
    for figure in ("paid", "unpaid", "waiting", "skipped"):
        sides = page.locator(f'flow-proof [data-figure="{figure}"] td')
        expect(sides.first).to_have_text(re.compile(r"^[\d,]+$"))

    page.get_by_role("button", name="Prove it").click()
    for found in ("lost", "twice"):
        outcome = page.locator(f"[data-prove={found}]")
        expect(outcome).to_have_attribute("data-value", "0")
        expect(outcome).to_be_visible()
    proof = cartwatch.get("/api/prove")
    assert proof["journal"] == proof["view"]
    expect(page.locator(".proof-same").first).to_have_text("✓")

    # Nothing of it is of this tab alone: a reload has it all.
    page.reload()
    expect(page.locator("[data-prove=lost]")).to_have_attribute("data-value", "0")
    expect(page.locator("[data-chart=events] .history-mark[data-kind=killed]")).to_have_count(1)
    expect(page.locator("[data-start]").first).to_contain_text("you killed it")
    assert cartwatch.call("DELETE", "/api/stream").status in (200, 202, 204)


def test_the_charts_are_kept_over_a_restart(page: Page, cartwatch: Cartwatch) -> None:
    """What was measured before stands there after, with words for what happened."""
    cartwatch.settled()
    cartwatch.call("POST", "/api/events", b'{"user_id": "a", "type": "order", "order_id": 1}\n')
    cartwatch.settled()
    until(lambda: any(cartwatch.get("/api/history?range=10m")["series"]["events"]))
    cartwatch.stop()
    with Cartwatch(cartwatch.data) as again:
        again.settled()
        page.goto(f"{again.url}/flow")
        expect(page.locator("[data-chart=events] .history-mark[data-kind=started]")).to_have_count(
            2
        )
        page.locator("summary").click()
        rows = page.locator("[data-moment]")
        expect(rows.filter(has_text="The flow was started.").first).to_be_visible()
        events = rows.locator("td:nth-of-type(1)").all_text_contents()
        assert set(events) - {"0", "–"}, events
