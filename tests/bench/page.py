"""The page, as a person has it: how long a record takes to the screen, and whether clicks hit.

A real browser looks at a real server. A record's way is timed inside the page, from before its
``POST`` to behind the frame in which its chip is put down and painted; meanwhile records come in
batches from outside.
"""

import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any, Final

from playwright.sync_api import Browser, Page

from tests.bench.throughput import tell
from tests.kit.chromium import headless
from tests.kit.running import Cartwatch

BOUNDS: Final = {
    "loaded_p50_ms": 35,
    "loaded_p99_ms": 90,
    "quiet_p50_ms": 25,
    "quiet_p99_ms": 60,
    "cls_a_minute": 0.02,
    "longest_task_ms": 50,
    "first_paint_ms": 500,
    "script_kb": 60,
    "style_kb": 30,
}
"""What each figure may be at the most."""

BATCHES_A_SECOND: Final = 20
USERS: Final = 5_000
PROBE: Final = "probe"
SAMPLES: Final = 200
CLICKS: Final = 20
HOVER_MS: Final = 300

WATCH: Final = """() => {
  window.bench = { shift: 0, longest: 0, lost: 0, aimed: [] };
  new PerformanceObserver((list) => {
    for (const each of list.getEntries()) if (!each.hadRecentInput) bench.shift += each.value;
  }).observe({ type: "layout-shift", buffered: true });
  new PerformanceObserver((list) => {
    for (const each of list.getEntries()) bench.longest = Math.max(bench.longest, each.duration);
  }).observe({ type: "longtask" });
  document.addEventListener("click", (event) => {
    const row = event.target.closest("[data-cart]");
    bench.aimed.push(row && row.dataset.cart);
    event.preventDefault();
    event.stopPropagation();
  }, { capture: true });
}"""

SEND: Final = """(number) => new Promise((done) => {
  const began = performance.now();
  const behind = new MessageChannel();
  behind.port1.onmessage = () => done(performance.now() - began);
  const watch = new MutationObserver(() => {
    const chip = document.querySelector(`[data-cart="probe"] [data-order="${number}"]`);
    if (!chip) return;
    watch.disconnect();
    behind.port2.postMessage(0); // behind the frame that paints it
  });
  watch.observe(document.querySelector(".carts-list"), { childList: true, subtree: true });
  const body = JSON.stringify({ user_id: "probe", type: "order", order_id: number });
  fetch("/api/events", { method: "POST", body });
})"""


def measure(rate: int, flood: int) -> dict[str, Any]:
    """Look at the page in quiet, at ``rate`` records a second, and at ``flood``."""
    orders = count(1)
    with (
        TemporaryDirectory(prefix="cartwatch-bench-") as name,
        headless() as browser,
        Cartwatch(Path(name) / "data", workers=None) as server,
    ):
        server.settled()
        post(server, [record(PROBE, 0), *(record(f"user-{n}", n) for n in range(USERS))])
        server.settled()
        page, first_paint = opened(browser, server)
        weights = page.evaluate(WEIGHTS)
        quiet = [sent(page, next(orders), gap=0.05) for _ in range(SAMPLES)]
        clicks = {}
        with flowing(server, 200):
            clicks[200] = aimed(page)
        with flowing(server, rate):
            loaded = [sent(page, next(orders), gap=0.05) for _ in range(SAMPLES)]
            clicks[rate] = aimed(page)
            lost = focus_lost(page)
            page.evaluate("() => { bench.shift = 0 }")
            page.wait_for_timeout(60_000)
            shift = page.evaluate("() => bench.shift")
        page.evaluate("() => { bench.longest = 0 }")
        with flowing(server, flood):
            page.wait_for_timeout(15_000)
        longest = page.evaluate("() => bench.longest")
        server.stop()
    return {
        "bench": "page",
        "records_a_second": rate,
        **percentiles("loaded", loaded),
        **percentiles("quiet", quiet),
        **{f"clicks_at_{each}": f"{hit} of {CLICKS}" for each, hit in clicks.items()},
        "focus_lost": lost,
        "cls_a_minute": round(shift, 4),
        "longest_task_ms": round(longest),
        "first_paint_ms": round(first_paint),
        **{name: round(size / 1024, 1) for name, size in weights.items()},
        "bounds": BOUNDS,
    }


WEIGHTS: Final = """() => {
  const loaded = performance.getEntriesByType("resource");
  const sum = (suffix) => loaded.filter(({ name }) => name.endsWith(suffix))
    .reduce((sum, each) => sum + each.decodedBodySize, 0);
  return { script_kb: sum(".js"), style_kb: sum(".css") };
}"""


def opened(browser: Browser, server: Cartwatch) -> tuple[Page, float]:
    """Open the page, the probe pinned; gives how long its first paint with carts took, in ms."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    pins = json.dumps(json.dumps([PROBE]))
    context.add_init_script(f'localStorage.setItem("cartwatch.pins", {pins})')
    page = context.new_page()
    for _ in range(3):  # the server is warm by then
        page.goto(server.url)
        page.locator("[data-connection=live]").wait_for()
        page.locator(f'[data-cart="{PROBE}"]').wait_for()
    first = page.evaluate(
        "() => performance.getEntriesByName('first-contentful-paint')[0].startTime"
    )
    page.evaluate(WATCH)
    return page, float(first)


def sent(page: Page, number: int, *, gap: float) -> float:
    """Send a record from the page; gives how long it took to the screen, in ms."""
    took = float(page.evaluate(SEND, number))
    time.sleep(gap * random.random() * 2)
    return took


def aimed(page: Page) -> int:
    """Click rows as a person does, who looks before; counts those that were hit."""
    page.evaluate("() => { bench.aimed = [] }")
    wanted = []
    for number in range(CLICKS):
        page.mouse.move(5, 5)
        page.wait_for_timeout(300)
        row = page.locator(".carts-list > .cart").nth(2 + number % 8)
        box = row.locator(".cart-user").bounding_box()
        assert box is not None
        x, y = box["x"] + 10, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        wanted.append(
            page.evaluate(
                "([x, y]) => document.elementFromPoint(x, y).closest('[data-cart]').dataset.cart",
                [x, y],
            )
        )
        page.wait_for_timeout(HOVER_MS)
        page.mouse.click(x, y)
    hit = page.evaluate("() => bench.aimed")
    page.mouse.move(5, 5)
    return sum(one == other for one, other in zip(wanted, hit, strict=True))


def focus_lost(page: Page) -> int:
    """Keep the focus in the list for a while; counts how often it was found in no row."""
    page.locator(".carts-list .cart-user").nth(4).focus()
    lost = 0
    for _ in range(20):
        page.wait_for_timeout(250)
        lost += page.evaluate("() => document.activeElement === document.body")
    page.evaluate("() => document.activeElement.blur()")
    return lost


@contextmanager
def flowing(server: Cartwatch, rate: int) -> Iterator[None]:
    """Let records come in by batches, at a pace, for as long as it is entered."""
    over = threading.Event()
    size = rate // BATCHES_A_SECOND

    def flow() -> None:
        draw = random.Random(rate)
        numbers = count(1_000_000 * rate)
        due = time.monotonic()
        while not over.is_set():
            post(
                server,
                [record(f"user-{draw.randrange(USERS)}", next(numbers)) for _ in range(size)],
            )
            due += 1 / BATCHES_A_SECOND
            over.wait(max(0.0, due - time.monotonic()))

    thread = threading.Thread(target=flow, name="flowing")
    thread.start()
    try:
        time.sleep(1)
        yield
    finally:
        over.set()
        thread.join()
    server.settled()
    tell(f"{rate:,} records a second: done")


def post(server: Cartwatch, records: list[bytes]) -> None:
    answer = server.call("POST", "/api/events", b"\n".join(records))
    if answer.status != 202:
        raise RuntimeError(f"records were refused: {answer}")


def record(user: str, number: int) -> bytes:
    return b'{"user_id": "%s", "type": "order", "order_id": %d}' % (user.encode(), number)


def percentiles(name: str, times: list[float]) -> dict[str, float]:
    """Give the middle and the 99th of 100 of some times, in ms."""
    return {
        f"{name}_p50_ms": round(median(times), 1),
        f"{name}_p99_ms": round(quantiles(times, n=100)[98], 1),
    }
