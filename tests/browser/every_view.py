"""Every view, each with something of all that it can show."""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.browser import bench
from tests.browser.flow_facts import flow_facts, killed, proof, topic
from tests.browser.frames import (
    AT,
    Frame,
    cart,
    completed,
    completed_page,
    order,
    orders_page,
    recovery,
    skipped,
    snapshot,
    start,
    upload,
)
from web.http.pages.orders_shown import OrdersShown

UPLOADS = [
    upload("u1", state="paused", paused_because="more than half is skipped", looks_like="a CSV"),
    upload("u2", state="done", accepted=2, duplicates=2, finished_at=AT),
    upload("u3", state="running", skipped=3),
]
FIRST = snapshot(
    [cart("a", 4, paid=[2, 1], unpaid=["x"]), cart("..", unpaid=[1])],
    uploads=UPLOADS,
    records=[skipped(9), skipped(8, state="landed")],
    flow={"state": "running", "since": AT, "message": None, "alarm": "State and view differ"},
)
EMPTY = snapshot()
_CAUSE = {"upload": "u1", "source": "orders.jsonl", "line": 7}
_CORRECTED = {"upload": None, "source": "resubmit", "line": 1, "skipped": 9}
_ORDERS = orders_page(
    [order(1, order=_CAUSE), order("x", "paid", paid_at=AT, order=_CAUSE, payment=_CORRECTED)],
    total=99,
    next="n",
    back="b",
)
_STREAM = {"rate": 50, "users": 10, "bad": 0.5, "lines": 3, "started_at": AT}
_FOUND = {"items": [{"user_id": "a", "order_id": 1, "status": "paid"}], "more": False}
_PAGES = {"cursor": "9", "files": UPLOADS, "back": None, "next": "2"}
_FIRST_PAGE: dict[str, Any] = {"cursor": None, "files": [], "back": None, "next": None}


class View(NamedTuple):
    """One page: its address, the view that it is of, and what it is rendered from."""

    path: str
    view: str
    first: Frame
    facts: dict[str, Any]


EVERY_VIEW = (
    View("/", "carts", EMPTY, {}),
    View("/?order=1", "carts", FIRST, {"sought": "1", "found": _FOUND}),
    View(
        "/?cart=a",
        "carts",
        FIRST,
        {
            "beside": {
                "cart": cart("a", 4, paid=[2, 1], unpaid=["x"]),
                "wanted": "a",
                "shown": OrdersShown("a"),
                "orders": _ORDERS,
            }
        },
    ),
    View("/carts/a", "cart", FIRST, {"wanted": "a", "shown": OrdersShown("a"), "orders": _ORDERS}),
    View(
        "/cart?user_id=..",
        "cart",
        EMPTY,
        {"wanted": "..", "shown": OrdersShown("..", search="7"), "orders": orders_page()},
    ),
    View("/files", "files", EMPTY, {"stream": None, **_FIRST_PAGE}),
    View("/files", "files", FIRST, {"stream": _STREAM, **_FIRST_PAGE}),
    View("/files?cursor=9", "files", FIRST, {"stream": None, **_PAGES}),
    View(
        "/files/u1",
        "file",
        FIRST,
        {"upload": UPLOADS[0], "by_reason": {"invalid_json": 2}, "records": [skipped(9)]},
    ),
    View("/completed", "completed", EMPTY, {"completed": completed_page(), "topic": topic()}),
    View(
        "/completed?cursor=1",
        "completed",
        FIRST,
        {
            "completed": completed_page([completed(2), completed(3)], more=True, back=0, total=9),
            "topic": topic("failing", message="No answer.", since=AT),
        },
    ),
    View("/flow", "flow", EMPTY, flow_facts()),
    View(
        "/flow?step=join_carts",
        "flow",
        FIRST,
        flow_facts(step="join_carts", proof=proof("done"), recovery=recovery([killed()])),
    ),
    View(
        "/flow/recovery?cursor=9",
        "recovery",
        FIRST,
        {"recovery": recovery([start(2), start(1)], next="1", total=9), "cursor": 9},
    ),
    View("/skipped", "skipped", EMPTY, bench.facts([])),
    View(
        "/skipped?id=2",
        "skipped",
        FIRST,
        bench.facts(
            [bench.landed(3), bench.record(2), bench.record(1, state="aside")],
            bench.landed(3),
            cursor="9",
            following="1",
            asked={"state": "open", "upload": "u1"},
        ),
    ),
    View("/skipped?id=2", "skipped", FIRST, bench.facts([bench.record(2)], bench.record(2))),
)
