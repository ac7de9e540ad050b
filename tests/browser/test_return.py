"""What a view has read of a server that went away is read anew of the one that came back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import expect

from tests.browser import bench
from tests.browser.flow_facts import dataflow, flow_facts, proof
from tests.browser.flow_view import answer
from tests.browser.frames import (
    AT,
    STATS,
    Frame,
    cart,
    completed,
    completed_page,
    order,
    orders_page,
    recovery,
    snapshot,
    start,
    upload,
)
from tests.browser.stage import Stage


class Reread(NamedTuple):
    """A view, what it is rendered from, what the server tells later, and where that is seen."""

    path: str
    first: Frame
    facts: dict[str, Any]
    later: Callable[[Stage], None]
    place: str
    words: str


def _flow(**facts: Any) -> Callable[[Stage], None]:
    return lambda stage: answer(stage, **flow_facts(**facts))


def _told(pattern: str, told: Any) -> Callable[[Stage], None]:
    return lambda stage: stage.answer(pattern, told)


def _landed(stage: Stage) -> None:
    stage.server.facts = bench.facts([bench.landed(2)])


STARTS = recovery([start(2), start(1, ended_at=AT)])
CART = snapshot([cart("zoe", 1, unpaid=[1])], window={"user": "zoe"})
FOUND = {"items": [{"user_id": "zoe", "order_id": 1, "status": "unpaid"}], "more": False}
PAID = {"items": [{"user_id": "zoe", "order_id": 1, "status": "paid"}], "more": False}
SKIPPED = {"items": [], "by_reason": {"invalid_json": 4}}
NEXT = {"items": [completed(8, "zoe")], "total": 2}

VIEWS = {
    "starts": Reread(
        "/flow", snapshot(), flow_facts(), _flow(recovery=STARTS), ".starts-total", "2"
    ),
    "proof": Reread(
        "/flow",
        snapshot(),
        flow_facts(proof=proof("done")),
        _flow(proof=proof("none")),
        "flow-proof[data-state=none] h2",
        "Lost and twice",
    ),
    "graph": Reread(
        "/flow",
        snapshot(stats={**STATS, "events_per_second": 0}),
        flow_facts(),
        _flow(dataflow=dataflow(records=7)),
        '[data-step="publish"][data-in="7"] .graph-name',
        "sink",
    ),
    "recovery": Reread(
        "/flow/recovery",
        snapshot(),
        flow_facts(),
        _flow(recovery=STARTS),
        ".starts-total",
        "2",
    ),
    "feed": Reread(
        "/completed",
        snapshot(),
        {"completed": completed_page([completed(7)], total=STATS["paid"])},
        _told("/api/completed?cursor=*", NEXT),
        '[data-completed="8"] .feed-user',
        "zoe",
    ),
    "cart": Reread(
        "/carts/zoe",
        CART,
        {"orders": orders_page([order(1)])},
        _told("/api/carts/zoe/orders*", orders_page([order(1, "paid")])),
        '[data-order="1"][data-status=paid] .order-id',
        "1",
    ),
    "found": Reread(
        "/?order=1",
        snapshot([cart("zoe", 1, unpaid=[1])]),
        {"sought": "1", "found": FOUND},
        _told("/api/orders/1", PAID),
        ".found-status",
        "paid",
    ),
    "bench": Reread(
        "/skipped",
        snapshot(),
        bench.facts([bench.record(2)]),
        _landed,
        '[data-skipped="2"] .row-state',
        "landed",
    ),
    "file": Reread(
        "/files/u1",
        snapshot(uploads=[upload("u1")]),
        {"upload": upload("u1"), "records": [], "by_reason": {"invalid_json": 1}},
        _told("/api/skipped?*", SKIPPED),
        '[data-reason="invalid_json"] a',
        "4 not JSON",
    ),
}


@pytest.mark.parametrize("view", VIEWS)
def test_what_was_read_is_read_anew_once_the_server_is_back(stage: Stage, view: str) -> None:
    """Also where the frames tell of no change: the flow runs again by then, say, as before."""
    path, first, facts, later, place, words = VIEWS[view]
    if path.startswith("/flow"):
        answer(stage, **facts)
    page = stage.open(path, first, facts=facts)
    stage.deaf = True
    stage.sockets[-1].close(code=1001, reason="")
    expect(page.locator("[data-connection]")).to_have_attribute("data-connection", "offline")
    later(stage)
    stage.deaf = False
    expect(page.locator("[data-connection]")).to_have_attribute("data-connection", "live")
    expect(page.locator(place)).to_have_text(words)
