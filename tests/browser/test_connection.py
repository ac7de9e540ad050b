"""static/connection.js: the page says whether it hears the server, and comes back by itself."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.every_view import EVERY_VIEW
from tests.browser.frames import AT, cart, changes, snapshot
from tests.browser.stage import Stage

ONLINE = "() => window.dispatchEvent(new Event('online'))"


def test_it_is_live_with_the_first_snapshot(stage: Stage) -> None:
    """The page says `live` once it has heard the facts, and not before."""
    stage.open()
    expect(stage.page.locator("[data-connection]")).to_have_attribute("data-connection", "live")
    expect(stage.page.locator("live-notice")).to_be_hidden()


def test_silence_makes_it_stale_and_a_heartbeat_live_again(stage: Stage) -> None:
    """Open but silent for longer than the heartbeat is no longer shown as live."""
    stage.page.clock.install()
    page = stage.open()
    badge = page.locator("[data-connection]")
    page.clock.fast_forward(11_000)
    expect(badge).to_have_attribute("data-connection", "live")
    page.clock.fast_forward(1_500)
    expect(badge).to_have_attribute("data-connection", "stale")
    page.clock.fast_forward(1_100)
    expect(page.locator("live-notice")).to_contain_text("as of 12:00:00")
    stage.play({"type": "heartbeat", "at": AT})
    expect(badge).to_have_attribute("data-connection", "live")
    expect(page.locator("live-notice")).to_be_hidden()


def test_a_closed_connection_is_offline_until_it_is_back(stage: Stage) -> None:
    """Closed: `offline`, the facts marked as last known, and another attempt by itself."""
    page = stage.open(first=snapshot([cart("a", 3, paid=[1])]))
    stage.deaf = True
    stage.sockets[-1].close(code=1001, reason="the server stops")
    expect(page.locator("[data-connection]")).to_have_attribute("data-connection", "offline")
    expect(page.locator("live-notice")).to_contain_text("as of")
    expect(page.locator('[data-cart="a"]')).to_be_visible()
    stage.deaf = False
    expect(page.locator("[data-connection]")).to_have_attribute("data-connection", "live")
    assert len(stage.sockets) > 1


def test_it_tells_why_the_server_closed_it(stage: Stage) -> None:
    """A reason given by the server stands at the badge, in its words."""
    page = stage.open()
    page.clock.install()
    stage.deaf = True
    stage.sockets[-1].close(code=1013, reason="too many viewers")
    expect(page.locator("[data-connection]")).to_have_attribute("title", "too many viewers")


def test_it_says_when_it_tries_again_and_tries_at_once_when_told_to(stage: Stage) -> None:
    """The focus stays in the page when the button has done its work."""
    stage.page.clock.install()
    page = stage.open()
    page.clock.pause_at("2100-01-01")
    stage.deaf = True
    stage.sockets[-1].close(code=1001, reason="")
    page.clock.run_for(3_000)
    page.clock.pause_at("2100-01-02")
    notice = page.locator("live-notice")
    expect(notice).to_contain_text("next try in")
    stage.deaf = False
    notice.get_by_role("button", name="Try now").click()
    expect(page.locator("[data-connection]")).to_have_attribute("data-connection", "live")


def test_attempts_back_off_up_to_a_cap(stage: Stage) -> None:
    """Each wait is longer than the one before, jittered, and never over five seconds."""
    waits = stage.blank().evaluate(
        """async () => {
          const { Connection } = await import("/static/connection.js");
          const waits = [];
          const sockets = [];
          window.WebSocket = class {
            static OPEN = 1;
            constructor() { sockets.push(this); }
          };
          window.setTimeout = (run, ms) => (ms < 12_000 && waits.push(ms), 0);
          const make = (random) => new Connection({
            address: () => "ws://nowhere", wanted: () => ({}), random: () => random });
          for (const random of [1, 0]) {
            const connection = make(random);
            for (let n = 0; n < 8; n += 1) {
              connection.open();
              sockets.at(-1).onclose({ reason: "" });
            }
          }
          return waits;
        }"""
    )
    longest, shortest = waits[:8], waits[8:]
    assert longest == sorted(longest)
    assert longest[0] < 1_000
    assert longest[-1] == 5_000
    assert shortest == [wait / 2 for wait in longest]


def test_it_tries_at_once_when_the_network_is_back(stage: Stage) -> None:
    """`online` does not wait for the back-off: here the clock stands still."""
    page = stage.open()
    page.clock.install()
    page.clock.pause_at("2100-01-01")
    stage.deaf = True
    stage.sockets[-1].close(code=1001, reason="")
    expect(page.locator("[data-connection]")).to_have_attribute("data-connection", "offline")
    stage.deaf = False
    page.evaluate(ONLINE)
    expect(page.locator("[data-connection]")).to_have_attribute("data-connection", "live")


MOVED_ON = """async () => {
  const { Connection } = await import("/static/connection.js");
  let search = "a";
  const address = () => `ws://${location.host}/ws?search=${search}`;
  const connection = new Connection({ address, wanted: () => ({ search }) });
  const open = new Promise((done) => connection.hear(done));
  connection.open();
  search = "b";
  connection.ask();
  await open;
}"""


def test_a_window_wanted_while_it_opens_is_asked_for_when_it_is_open(stage: Stage) -> None:
    """A filter chosen before the socket opened is not lost: the page would show the old one."""
    page = stage.blank()
    page.evaluate(MOVED_ON)
    stage.painted()
    assert stage.window() == {"type": "window", "search": "b"}


def test_reconnecting_asks_for_the_window_of_the_address_bar(stage: Stage) -> None:
    """What was searched for meanwhile is what the new connection asks for."""
    page = stage.open()
    stage.deaf = True
    stage.sockets[-1].close(code=1001, reason="")
    page.get_by_role("searchbox").fill("ann")
    expect(page).to_have_url(f"{stage.server.origin}/?search=ann")
    page.get_by_role("radio", name="Unpaid").check()
    stage.deaf = False
    page.evaluate(ONLINE)
    expect(page.locator("[data-connection]")).to_have_attribute("data-connection", "live")
    asked = parse_qs(urlsplit(stage.sockets[-1].url).query)
    assert asked == {"search": ["ann"], "filter": ["unpaid"], "sort": ["recent"]}


def test_garbage_costs_the_connection_and_not_the_page(
    stage: Stage, subtests: pytest.Subtests
) -> None:
    """Nonsense from the server is never shown: the page comes back by another connection."""
    page = stage.open(first=snapshot([cart("a")]))
    for garbage in ("{", "null", '"x"', '{"type": "gossip"}'):
        with subtests.test(garbage):
            stage.deaf = True
            stage.play(garbage)
            badge = page.locator("[data-connection]")
            expect(badge).to_have_attribute("data-connection", "offline")
            stage.deaf = False
            page.evaluate(ONLINE)
            expect(badge).to_have_attribute("data-connection", "live")
            expect(page.locator('[data-cart="a"]')).to_be_visible()


def test_a_gap_is_closed_by_a_snapshot(stage: Stage) -> None:
    """A change that names an unknown cart makes the page ask for its window anew."""
    page = stage.open(first=snapshot([cart("a")]))
    stage.play(changes([cart("b")], ["b", "a", "ghost"]))
    stage.painted()
    assert stage.window() == {
        "type": "window",
        "search": "",
        "filter": "all",
        "sort": "recent",
        "cursor": None,
        "older": None,
        "user": None,
        "limit": None,
        "keep": [],
    }
    stage.play(snapshot([cart("ghost"), cart("a")]))
    expect(page.locator('[data-cart="ghost"]')).to_be_visible()


def test_a_tab_that_returns_asks_for_a_fresh_snapshot(stage: Stage) -> None:
    """After it was hidden, a page does not trust what it painted last."""
    page = stage.open()
    assert stage.said == []
    page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    stage.painted()
    assert stage.window()["type"] == "window"


def test_an_error_frame_is_shown_at_the_search(stage: Stage) -> None:
    """A window that the server refuses is explained where it was asked for; the old carts stay."""
    page = stage.open(first=snapshot([cart("a")]))
    stage.play({"type": "error", "error": {"code": "bad_cursor", "message": "no such page"}})
    expect(page.locator("cart-search").get_by_role("alert")).to_have_text("no such page")
    expect(page.locator('[data-cart="a"]')).to_be_visible()


@pytest.mark.parametrize("state", ["recovering", "restarting", "down"])
def test_a_flow_that_does_not_run_is_said_and_the_facts_are_last_known(
    stage: Stage, state: str
) -> None:
    """Its state at once; after a second, of when the facts are.

    Nothing is pushed down by it, but by one that is down, which says why as an alarm does.
    """
    stage.page.clock.install()
    page = stage.open(first=snapshot([cart("a")]))
    cart_a = page.locator('[data-cart="a"]')
    top = cart_a.bounding_box()
    stage.play(changes(flow={"state": state, "since": AT, "message": "replaying 12 records"}))
    badge = page.locator("[data-flow]")
    expect(badge).to_have_attribute("data-flow", state)
    expect(badge).to_have_attribute("title", "replaying 12 records")
    expect(page.locator("body")).not_to_have_attribute("data-fresh", "false")
    page.clock.fast_forward(1_100)
    expect(page.locator("live-notice")).to_contain_text("as of 12:00:00")
    expect(page.locator("body")).to_have_attribute("data-fresh", "false")
    assert (cart_a.bounding_box() == top) == (state != "down")
    stage.play(changes(flow={"state": "running", "since": AT, "message": None}))
    expect(page.locator("live-notice")).to_be_hidden()
    stage.painted()
    assert cart_a.bounding_box() == top
    expect(page.locator("body")).to_have_attribute("data-fresh", "true")


def test_a_recovery_of_a_second_greys_and_moves_nothing(stage: Stage) -> None:
    """It is over before anybody would have to know."""
    stage.page.clock.install()
    page = stage.open(first=snapshot([cart("a")]))
    page.evaluate(
        """() => {
          window.seen = [];
          new MutationObserver(() => window.seen.push(document.body.dataset.fresh))
            .observe(document.body, { attributes: true });
        }"""
    )
    stage.play(changes(flow={"state": "recovering", "since": AT, "message": "It restores."}))
    page.clock.fast_forward(800)
    stage.play(changes(flow={"state": "running", "since": AT, "message": None}))
    page.clock.fast_forward(5_000)
    expect(page.locator("[data-flow]")).to_have_attribute("data-flow", "running")
    assert "false" not in page.evaluate("window.seen")
    assert page.locator("polite-announcer").text_content() == ""


def test_what_is_not_of_now_is_grey_in_every_view(stage: Stage, subtests: pytest.Subtests) -> None:
    """By one rule, a second after the connection was lost; nothing is left out by it."""
    stage.answer("/api/**", {"error": {"code": "busy", "message": "Not now."}}, status=503)
    for view in EVERY_VIEW[::2]:
        with subtests.test(view.path):
            stage.deaf = False
            page = stage.open(view.path, view.first, facts=view.facts)
            shown = page.locator("#view > :not(template, [hidden])").first
            expect(shown).to_have_css("filter", "none")
            stage.deaf = True
            stage.sockets[-1].close(code=1001, reason="")
            expect(shown).to_have_css("filter", "grayscale(0.85)")
