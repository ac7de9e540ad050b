"""Kill -9 in the middle of a replay: the end is that of a run that was never interrupted."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from dataflow.synthetic import generate
from tests.e2e.comparison import assert_holds
from tests.kit.oracle import Oracle
from tests.kit.running import Cartwatch, until

RECORDS = 1_500
RATE = 750

WATCH_VERSIONS = """
    window.backwards = [];
    const newest = new Map();
    new MutationObserver(() => {
      for (const cart of document.querySelectorAll('[data-cart]')) {
        const version = Number(cart.dataset.version);
        const before = newest.get(cart.dataset.cart) ?? 0;
        if (version < before) window.backwards.push([cart.dataset.cart, before, version]);
        newest.set(cart.dataset.cart, Math.max(before, version));
      }
    }).observe(document, {subtree: true, childList: true, attributes: true});
"""


@pytest.fixture(scope="module")
def stream() -> bytes:
    return b"".join(generate(RECORDS, 20, 0.02, 11))


@pytest.fixture(scope="module")
def oracle(stream: bytes) -> Oracle:
    oracle = Oracle()
    oracle.feed(stream, "stream.jsonl")
    return oracle


def processed(server: Cartwatch, upload: str) -> int:
    return int(server.get(f"/api/uploads/{upload}")["processed"])


def is_caught_up(server: Cartwatch, *, start: int) -> bool:
    """Tell whether the flow's so-many-th start has caught up."""
    history = server.get("/api/recovery")["history"]
    return len(history) == start and history[0]["caught_up_at"] is not None


def assert_page_holds(page: Page, oracle: Oracle) -> None:
    """Hold the page's figures and first carts to the oracle."""
    expect(page.locator('[data-upload][data-state="done"]')).to_have_count(1)
    carts = oracle.carts
    expect(page.locator('[data-stat="lag"]')).to_have_attribute("data-value", "0")
    paid = str(sum(len(cart.paid) for cart in carts.values()))
    expect(page.locator('[data-stat="paid"]')).to_have_attribute("data-value", paid)
    expect(page.locator("[data-cart]")).to_have_count(len(carts))
    for user_id, cart in carts.items():
        shown = page.locator(f'[data-cart="{user_id}"]')
        expect(shown).to_have_attribute("data-version", str(cart.version))
        expect(shown.locator(".cart-unpaid")).to_have_text(str(len(cart.unpaid) or "–"))
        expect(shown.locator(".cart-paid")).to_have_text(str(len(cart.paid)))
    assert page.evaluate("window.backwards") == []


def test_a_killed_flow_comes_back_and_nothing_is_lost_or_twice(
    page: Page, cartwatch: Cartwatch, stream: bytes, oracle: Oracle
) -> None:
    """The open page says that the flow is away, goes on by itself, and never shows a step back."""
    page.add_init_script(WATCH_VERSIONS)
    page.goto(cartwatch.url)
    flow = page.locator("[data-flow]")
    expect(flow).to_have_attribute("data-flow", "running")
    upload = cartwatch.upload(stream, "stream.jsonl", rate=RATE)
    said: set[str] = set()
    for part in (1, 2):
        until(lambda part=part: processed(cartwatch, upload) >= part * RECORDS // 5)  # type: ignore[misc]
        page.evaluate(
            """() => {
              const flow = document.querySelector('[data-flow]');
              window.flowStates = [];
              new MutationObserver(() => window.flowStates.push(flow.dataset.flow))
                .observe(flow, {attributes: true, attributeFilter: ['data-flow']});
            }"""
        )
        os.kill(cartwatch.flow_pid(), signal.SIGKILL)
        until(lambda part=part: is_caught_up(cartwatch, start=part + 1))  # type: ignore[misc]
        expect(flow).to_have_attribute("data-flow", "running")
        said.update(page.evaluate("window.flowStates"))
    # A recovery that is over between two frames is told of by none: not each of them must be.
    assert said & {"restarting", "recovering"}
    cartwatch.upload_in(upload, "done")
    assert_holds(cartwatch, oracle, source="stream.jsonl")
    assert_page_holds(page, oracle)
    history = cartwatch.get("/api/recovery")["history"]
    assert [each["ended_because"] for each in reversed(history)] == ["killed by SIGKILL"] * 2 + [
        None
    ]
    assert all(each["caught_up_at"] for each in history)


def test_a_killed_server_comes_back_and_nothing_is_lost_or_twice(
    page: Page, tmp_path: Path, stream: bytes, oracle: Oracle
) -> None:
    """The page says that it is offline, and shows the end of the replay after the next start."""
    page.add_init_script(WATCH_VERSIONS)
    data = tmp_path / "data"
    with Cartwatch(data) as first:
        port = str(urlsplit(first.url).port)
        page.goto(first.url)
        connection = page.locator("[data-connection]")
        expect(connection).to_have_attribute("data-connection", "live")
        upload = first.upload(stream, "stream.jsonl", rate=RATE)
        until(lambda: processed(first, upload) >= RECORDS // 5)
        first.kill()
        expect(connection).to_have_attribute("data-connection", "offline")
    for part in (2, 3):
        with Cartwatch(data, "--port", port) as again:
            expect(connection).to_have_attribute("data-connection", "live")
            until(lambda part=part, again=again: processed(again, upload) >= part * RECORDS // 5)  # type: ignore[misc]
            again.kill()
    with Cartwatch(data, "--port", port) as last:
        last.upload_in(upload, "done")
        last.settled()
        assert_holds(last, oracle, source="stream.jsonl")
        assert_page_holds(page, oracle)
        last.stop()


def test_what_an_answer_acknowledged_survives_a_kill_at_the_next_instant(
    tmp_path: Path, stream: bytes
) -> None:
    """A 2xx answer is kept: an upload and a batch of events, killed before they were processed."""
    data = tmp_path / "data"
    events = b'{"user_id": "late", "type": "order", "order_id": 1}\n'
    with Cartwatch(data) as first:
        answer = first.call("POST", "/api/events", events, {"Idempotency-Key": "k"})
        upload = first.upload(stream, "stream.jsonl")
        first.kill()
        assert answer.status == 202
    with Cartwatch(data) as again:
        assert again.upload_in(upload, "done")["processed"] == RECORDS
        again.settled()
        assert again.get("/api/carts/late")["unpaid_order_ids"] == [1]
        repeated = again.call("POST", "/api/events", events, {"Idempotency-Key": "k"})
        assert repeated.json() == answer.json()
        assert again.get("/api/carts/late")["version"] == 1
        again.stop()
