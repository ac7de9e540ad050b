"""web/http/pages/visitor.py, render.py: what a page has for whom, and where its addresses lead."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from typing_extensions import override

from tests.browser.every_view import EVERY_VIEW, View
from tests.browser.frames import cart, snapshot
from web.http.pages.render import render_refusal, render_view
from web.http.pages.visitor import ANYBODY, Visitor
from web.http.sheets import VIEW_SHEETS

ROOT = "/orders"
READER = Visitor(may_change=False)
#: What somebody who may only read can press: none of it changes anything but this browser.
HARMLESS = {
    *("again", "any-age", "close", "copy", "everything", "dismiss", "fresh", "hold", "keys"),
    *("pin", "preview", "reload", "retry"),
}
NO_ADDRESS = {"aria-keyshortcuts", "title"}


class Tags(HTMLParser):
    """Every tag of a page, those of its templates too, with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.feed(html)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def addresses(self) -> set[tuple[str, str]]:
        """Give what is written as an address of this server, by its attribute."""
        return {
            (name, value)
            for _, attributes in self.tags
            for name, value in attributes.items()
            if value.startswith("/") and name not in NO_ADDRESS
        }


def rendered(view: View, visitor: Visitor = ANYBODY) -> str:
    return render_view(view.view, view.first, visitor=visitor, **view.facts)


every_view = pytest.mark.parametrize("view", EVERY_VIEW, ids=lambda view: view.path)


def test_every_view_is_looked_at() -> None:
    """One that is added is looked at, too."""
    assert {view.view for view in EVERY_VIEW} == set(VIEW_SHEETS)


@every_view
def test_every_address_of_a_page_begins_with_the_root(view: View) -> None:
    """Of whatever attribute; and nothing else of the page is another one for it."""
    html = rendered(view, Visitor(ROOT))
    addresses = Tags(html).addresses()
    assert addresses
    assert {each for each in addresses if not f"{each[1]}/".startswith(f"{ROOT}/")} == set()
    assert {(name, value.removeprefix(ROOT)) for name, value in addresses} == Tags(
        rendered(view)
    ).addresses()


def test_what_came_from_outside_is_no_address() -> None:
    """A user whose id is markup with an address in it is shown as what they are."""
    hostile = ' href="/x" src="/y" action="/z"'
    first = snapshot([cart(hostile, unpaid=[hostile])])
    plain, below = (render_view("carts", first, visitor=Visitor(root)) for root in ("", ROOT))
    assert below.replace(ROOT, "") == plain
    assert f"{ROOT}/x" not in below
    for attribute in ("href", "src", "action"):
        assert (
            f"{ROOT}/"
            not in render_refusal(404, f'{attribute}="/x"', Visitor(ROOT))
            .split("lost-why")[1]
            .split("</p>")[0]
        )


@every_view
def test_who_may_only_read_has_no_control_that_would_be_refused(view: View) -> None:
    """Neither on the page nor in the rows that the browser clones; and it says so in a word."""
    html = rendered(view, READER)
    assert ">Read only<" in html
    for tag, attributes in Tags(html).tags:
        action = attributes.get("data-action")
        assert action is None or action in HARMLESS, (tag, attributes)
        assert attributes.get("type") != "file"
        assert tag != "textarea"
        if tag == "form" and attributes.get("method") == "post":
            assert attributes["id"] == "bulk"
    assert "drop-veil" not in html
    assert "Sign out" not in html


@every_view
def test_who_may_change_everything_has_the_page_of_a_server_without_logins(view: View) -> None:
    """Not a byte is another one; and who is signed in has the one way out more."""
    html = rendered(view, Visitor(may_change=True))
    assert html == rendered(view)
    assert "Read only" not in html
    assert "Sign out" not in html
    signed_in = rendered(view, Visitor(signed_in=True))
    (out,) = re.findall(r" *<button[^\n]*Sign out everywhere.*\n", signed_in)
    assert 'data-action="sign-out"' in out
    assert signed_in.replace(out, "") == html
