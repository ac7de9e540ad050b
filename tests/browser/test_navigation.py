"""static/navigation.js: one view is exchanged for another in place."""

from __future__ import annotations

from playwright.sync_api import Page, Route, expect

from tests.browser.frames import cart, changes, snapshot
from tests.browser.stage import Stage

A = snapshot([cart("a", 3, unpaid=[1]), cart("b")])


def there(page: Page) -> bool:
    """Tell whether the page is still the one that was marked."""
    return bool(page.evaluate("window.mine === true"))


def opened(stage: Stage) -> Page:
    """Open the carts and mark the page, so that a loading of another one is seen."""
    page = stage.open(first=A)
    page.evaluate("() => { window.mine = true; }")
    return page


def test_a_link_exchanges_the_view_and_nothing_else(stage: Stage) -> None:
    """The socket stays; the title, the address and what is current are those of the new view."""
    page = opened(stage)
    page.locator('[data-cart="a"] .cart-user').click()
    expect(page.locator("#view")).to_have_attribute("data-view", "cart")
    expect(page).to_have_url(f"{stage.server.origin}/carts/a")
    assert there(page)
    assert len(stage.sockets) == 1
    assert page.title() == "a · Cartwatch"
    expect(page.locator("[data-nav=carts]")).to_have_attribute("aria-current", "page")
    stage.painted()
    assert stage.window()["user"] == "a"
    assert page.evaluate("document.activeElement.id") == "view"


def test_back_and_forward_are_what_a_browser_does(stage: Stage) -> None:
    """With the place on the page that one was at."""
    page = stage.open(first=snapshot([cart(f"user-{n:02}", unpaid=[n]) for n in range(50)]))
    page.mouse.move(400, 400)
    page.mouse.wheel(0, 600)
    target = page.locator('[data-cart="user-20"] .cart-user')
    target.scroll_into_view_if_needed()
    before = page.evaluate("scrollY")
    target.click()
    expect(page.locator("#view")).to_have_attribute("data-view", "cart")
    assert page.evaluate("scrollY") == 0
    page.go_back()
    expect(page.locator("#view")).to_have_attribute("data-view", "carts")
    assert abs(page.evaluate("scrollY") - before) < 2
    page.go_forward()
    expect(page).to_have_url(f"{stage.server.origin}/carts/user-20")
    expect(page.locator("#view")).to_have_attribute("data-view", "cart")


def test_what_came_meanwhile_is_asked_for(stage: Stage) -> None:
    """The new view is as of its rendering: a snapshot follows."""
    page = opened(stage)
    page.locator('[data-cart="a"] .cart-user').click()
    expect(page.locator("#view")).to_have_attribute("data-view", "cart")
    page.go_back()
    expect(page.locator('[data-cart="b"]')).to_be_visible()
    stage.play(changes([cart("z")], ["z"]))  # of the window before: no row of it is shown
    stage.painted()
    expect(page.locator('[data-cart="b"]')).to_be_visible()
    stage.play(snapshot([cart("c"), cart("a", 4, paid=[1])]))
    expect(page.locator('[data-cart="c"]')).to_be_visible()


def test_a_server_that_does_not_answer_leaves_the_last_facts(stage: Stage) -> None:
    """The view stays, says so, and the next try leads on."""
    page = opened(stage)
    stage.refuses = True
    page.route("**/carts/a", lambda route: route.abort())
    page.locator('[data-cart="a"] .cart-user').click()
    alert = page.locator("view-visit").get_by_role("alert")
    expect(alert).to_contain_text("The server did not answer.")
    expect(page.locator('[data-cart="a"]')).to_be_visible()
    expect(page).to_have_url(f"{stage.server.origin}/")
    page.unroute("**/carts/a")
    page.locator('[data-cart="a"] .cart-user').click()
    expect(page.locator("#view")).to_have_attribute("data-view", "cart")
    expect(alert).to_be_hidden()
    assert there(page)


def test_of_two_visits_the_later_one_counts(stage: Stage) -> None:
    """However long the first one takes."""
    page = opened(stage)
    held: list[Route] = []
    page.route("**/carts/a", lambda route: held.append(route))
    page.locator('[data-cart="a"] .cart-user').click()
    stage.taken(held)
    page.locator('[data-cart="b"] .cart-user').click()
    expect(page).to_have_url(f"{stage.server.origin}/carts/b")
    stage.painted()
    assert page.title() == "b · Cartwatch"


def test_a_page_of_another_version_is_loaded_anew(stage: Stage) -> None:
    """An upgrade never mixes an old script with a new page."""
    page = opened(stage)

    def another(route: Route) -> None:
        body = route.fetch().text().replace("/main.js", "/main.js?another")
        route.fulfill(body=body, content_type="text/html")

    page.route("**/carts/a", another, times=1)
    page.locator('[data-cart="a"] .cart-user').click()
    expect(page).to_have_url(f"{stage.server.origin}/carts/a")
    page.wait_for_load_state()
    assert not there(page)


def test_what_is_no_view_is_left_to_the_browser(stage: Stage) -> None:
    """Downloads, other windows, parts of the page."""
    page = opened(stage)
    page.get_by_role("button", name="Menu").click()
    with page.expect_download():
        stage.answer("/api/completed.jsonl", {}, text="{}")
        page.get_by_role("link", name="Completed orders").last.click()
    assert there(page)
    with page.context.expect_page():
        page.locator('[data-cart="a"] .cart-user').click(modifiers=["ControlOrMeta"])
    assert there(page)


def test_who_goes_back_while_a_page_is_on_its_way_stays_there(stage: Stage) -> None:
    """What was asked for before is not put in its place when it comes."""
    page = stage.open("/?filter=unpaid", snapshot([cart("a", 1, unpaid=[1])]))
    held: list[Route] = []
    page.route(f"{stage.server.origin}/files", lambda route: held.append(route))
    page.keyboard.press("1")
    page.locator("[data-nav=files]").click()
    route = stage.taken(held)
    page.go_back()
    route.continue_()
    stage.painted()
    expect(page).to_have_url(f"{stage.server.origin}/?filter=unpaid")
    expect(page.locator("#view")).to_have_attribute("data-view", "carts")
    expect(page.locator("#view")).not_to_have_attribute("aria-busy", "true")


def test_who_goes_back_without_the_server_is_there_once_it_answers(stage: Stage) -> None:
    """Address and view agree again, and nothing says that it did not answer."""
    stage.refuses = True
    page = opened(stage)
    page.locator('[data-cart="a"] .cart-user').click()
    expect(page.locator("#view")).to_have_attribute("data-view", "cart")
    pattern = f"{stage.server.origin}/"
    page.route(pattern, lambda route: route.abort())
    stage.deaf = True
    stage.sockets[-1].close()
    expect(page.locator("[data-connection]")).to_have_attribute("data-connection", "offline")
    page.go_back()
    expect(page.locator("view-visit .error")).to_be_visible()
    page.unroute(pattern)
    stage.deaf = False
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#view")).to_have_attribute("data-view", "carts")
    expect(page.locator("view-visit .error")).to_be_hidden()
