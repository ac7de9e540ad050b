"""Text from outside stays itself: static/paint/foreign.js, web/http/foreign.py, the addresses.

Through the server's HTML, the browser's parser, the script, an address, a selection and a copy.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from playwright.sync_api import expect

from tests.browser.frames import cart as cart_of
from tests.browser.frames import skipped as skipped_of
from tests.browser.frames import snapshot, upload
from tests.browser.stage import Stage
from tests.kit.naughty import NAUGHTY, USER_IDS
from web.http.foreign import visible
from web.http.pages.filters import cart_path, cut_raw, export_path, next_page

CHOSEN = st.lists(USER_IDS, min_size=1, max_size=40, unique=True)
FEW = settings(max_examples=8)
#: What a page holds of each cart, and what is copied where its id, or its order's, is selected.
ROWS = """async () => {
  const { windowOf } = await import("/static/address.js");
  const copy = (node) => {
    const clipboardData = new DataTransfer();
    getSelection().selectAllChildren(node);
    node.dispatchEvent(new ClipboardEvent("copy", { clipboardData, bubbles: true }));
    // Our handler leaves to the browser what is no foreign text.
    return clipboardData.types.length ? clipboardData.getData("text/plain") : null;
  };
  return [...document.querySelectorAll("[data-cart]")].map((row) => {
    const link = row.querySelector(".cart-user");
    const chip = row.querySelector("[data-order]");
    return {
      id: row.dataset.cart,
      address: link.getAttribute("href"),
      leads: windowOf(link).user,
      width: link.getBoundingClientRect().width > 0,
      words: link.textContent,
      title: link.title,
      copied: copy(link),
      order: chip.dataset.order,
      orderCopied: copy(chip.querySelector(".chip-id")),
    };
  });
}"""


def shown(user_id: str) -> str:
    """Give what stands in a column for an id: all of it, wherever the column cuts it."""
    return visible(user_id)


def rows(ids: Sequence[str]) -> list[dict[str, Any]]:
    """Give what the page is to hold for carts of these users, each with an order of its own id."""
    return [
        {
            "id": user_id,
            "address": cart_path(user_id),
            "leads": user_id,
            "width": True,
            "words": shown(user_id),
            "title": visible(user_id),
            "copied": user_id,
            "order": json.dumps(user_id, ensure_ascii=False),
            "orderCopied": user_id,
        }
        for user_id in ids
    ]


def holds_all(stage: Stage, ids: Sequence[str]) -> None:
    """Check the carts of these users as the server writes them, adopted and then made anew."""
    carts = [cart_of(user_id, unpaid=[user_id]) for user_id in ids]
    page = stage.open(first=snapshot(carts))
    stage.select(page.locator("#view"))
    assert page.evaluate(ROWS) == rows(ids)
    stage.play(snapshot([], generation="between"))
    expect(page.locator("[data-cart]")).to_have_count(0)
    stage.play(snapshot(carts, generation="again"))
    expect(page.locator("[data-cart]")).to_have_count(len(ids))
    assert page.evaluate(ROWS) == rows(ids)


def test_every_naughty_id_is_itself_in_the_page(stage: Stage) -> None:
    """Its row, its link, its orders and what is copied are exact; all of it can be seen."""
    holds_all(stage, NAUGHTY)


@FEW
@given(ids=CHOSEN)
def test_every_string_is_itself_in_the_page(stage: Stage, ids: list[str]) -> None:
    """As the naughty ones are, whatever a user is called."""
    holds_all(stage, ids)


def test_server_and_browser_write_text_alike(stage: Stage) -> None:
    """Every character there is, each between two others: what is seen of it is the same."""
    told: list[str] = stage.blank().evaluate(
        """async () => {
          const { visible } = await import("/static/paint/foreign.js");
          const told = [];
          for (let first = 0; first <= 0x10ffff; first += 0x100) {
            if (first >= 0xd800 && first <= 0xdfff) continue;
            const all = Array.from({ length: 0x100 }, (_, at) => String.fromCodePoint(first + at));
            told.push(visible(`x${all.join("x")}x`));
          }
          return told;
        }"""
    )
    firsts = [first for first in range(0, 0x110000, 0x100) if not 0xD800 <= first <= 0xDFFF]
    for first, seen in zip(firsts, told, strict=True):
        assert seen == visible(f"x{'x'.join(chr(first + at) for at in range(0x100))}x")


@FEW
@given(texts=st.lists(st.text(max_size=300), max_size=60))
@example(texts=list(NAUGHTY))
def test_links_are_the_same_from_server_and_browser(stage: Stage, texts: list[str]) -> None:
    """Of carts, of pages of a search, and of downloads: to the letter."""
    if stage.page.url == "about:blank":
        stage.blank()
    made = stage.page.evaluate(
        """async (texts) => {
          const { exportAddress } = await import("/static/elements/header/flow_menu.js");
          const { addressOf, cartAddress, EVERYTHING, windowOf } =
            await import("/static/address.js");
          return texts.map((text) => {
            const search = { ...EVERYTHING, search: text, cursor: text || null };
            const there = new URL(addressOf(search), location.origin);
            return [
              cartAddress(text), addressOf(search), exportAddress(search),
              exportAddress({ ...EVERYTHING, user: text }),
              windowOf(there).search === text,
            ];
          });
        }""",
        texts,
    )
    window = {"filter": "all", "sort": "recent", "user": None, "older": None}
    for text, links in zip(texts, made, strict=True):
        search = {**window, "search": text}
        assert links == [
            cart_path(text),
            next_page(search, text or None),
            export_path(search),
            export_path({**search, "user": text}),
            True,
        ]


COPIED = ("a  b", "a\n", "\r", " ", "\u200b", "a\xa0b", "7", "\0")
CLIPBOARD = "navigator.clipboard.readText()"


def test_a_real_copy_puts_the_id_on_the_clipboard(stage: Stage) -> None:
    """By the keyboard, of a row and of its chip."""
    stage.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = stage.open(first=snapshot([cart_of(text, unpaid=[text]) for text in COPIED]))
    for selector in (".cart-user", ".chip-id"):
        for place, text in enumerate(COPIED):
            stage.select(page.locator("[data-cart]").nth(place).locator(selector))
            page.keyboard.press("Control+c")
            assert page.evaluate(CLIPBOARD) == text


@pytest.mark.parametrize("text", COPIED)
def test_a_real_copy_of_the_head_of_a_page_is_its_id(stage: Stage, text: str) -> None:
    """Or the part of it that is selected."""
    stage.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = stage.open(cart_path(text), snapshot([cart_of(text)], window={"user": text}))
    stage.select(page.locator(".one-title"))
    page.keyboard.press("Control+c")
    assert page.evaluate(CLIPBOARD) == text
    stage.select(
        page.locator(".one-title .foreign"),
        "(node) => getSelection().setBaseAndExtent(node.firstChild, 0, node.firstChild, 1)",
    )
    page.keyboard.press("Control+c")
    assert page.evaluate(CLIPBOARD) == text[0]


def test_a_selection_of_more_than_an_id_is_copied_by_the_browser(stage: Stage) -> None:
    """Words around an id, and the search field, are nobody's id."""
    stage.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = stage.open(first=snapshot([cart_of("a\n", unpaid=[1])]))
    stage.select(page.locator(".cart"))
    page.keyboard.press("Control+c")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert r"a\n" in copied
    assert "0/1" in copied
    page.get_by_role("searchbox").fill("some words")
    page.get_by_role("searchbox").select_text()
    page.keyboard.press("Control+c")
    assert page.evaluate("navigator.clipboard.readText()") == "some words"


PATHS = (
    *("a\n", "\0", " ", ".", "..", "%2e", "%ff", "/", "a/../b", "\\"),
    *("?", "#", "+", "\ufeffa", "__proto__", "\U0001f600" * 256),
)


def test_the_page_of_one_cart_asks_for_exactly_that_cart(stage: Stage) -> None:
    """The address that a link leads to is read back to the same id, dots and escapes included."""
    for text in PATHS:
        first = snapshot([cart_of(text, unpaid=[1])], window={"user": text})
        page = stage.open(cart_path(text), first)
        asked = "(address) => new URL(address).searchParams.get('user')"
        assert page.evaluate(asked, stage.sockets[-1].url) == text
        expect(page.locator("[data-cart]")).to_have_count(1)
        assert page.locator("[data-cart]").get_attribute("data-cart") == text
        assert page.title() == " ".join(f"{visible(text)} · Cartwatch".split())
        export = page.locator("[data-export=carts]")
        expect(export).to_have_text("This cart")
        assert export.get_attribute("href") == export_path({"user": text})


@pytest.mark.parametrize("segment", ["100%", "%", "a%zzb", "%%%"])
def test_a_percent_that_encodes_nothing_is_itself(stage: Stage, segment: str) -> None:
    """To the server and to the script of the page, which comes alive."""
    page = stage.open(f"/carts/{segment}")
    expect(page.locator(".one-title")).to_have_text(segment)
    asked = "(address) => new URL(address).searchParams.get('user')"
    assert page.evaluate(asked, stage.sockets[-1].url) == segment


def test_reading_an_address_never_fails(stage: Stage) -> None:
    """Whatever bytes somebody typed; the server answers those with a page in words."""
    read = stage.blank().evaluate(
        """async () => {
          const { windowOf } = await import("/static/address.js");
          const typed = ["%ff", "%c0%af", "%E0%A4%A", "%", "a%zz%41"];
          return typed.map((s) => windowOf({ pathname: `/carts/${s}`, search: "" }).user);
        }"""
    )
    assert read == ["\ufffd", "\ufffd\ufffd", "\ufffd%A", "%", "a%zzA"]


def test_names_sources_and_records_stay_themselves(stage: Stage) -> None:
    """Of uploads and skipped records, from the server and from the script alike."""
    read = """async (html) => {
      const { trueText } = await import("/static/paint/foreign.js");
      const held = html ? new DOMParser().parseFromString(html, "text/html") : document;
      const all = (selector, told) => [...held.querySelectorAll(selector)].map(told);
      return {
        names: all(".upload-name .foreign", trueText),
        shown: all(".upload-name", (node) => node.textContent),
        sources: all(".skipped-source", trueText),
        raws: all(".skipped-raw .foreign", trueText),
      };
    }"""
    page = stage.open()
    for start in range(0, len(NAUGHTY), 5):  # as many as stand beside the carts
        some = NAUGHTY[start : start + 5]
        uploads = [upload(f"u{at}", text) for at, text in enumerate(some, start)]
        records = [skipped_of(at, source=text, raw=text) for at, text in enumerate(some, start)]
        wanted = {
            "names": list(some),
            "shown": [visible(text) for text in some],
            "sources": list(some),
            "raws": [cut_raw(text) for text in some],
        }
        stage.server.first = snapshot(uploads=uploads, records=records, generation=f"{start}")
        assert page.evaluate(read, page.request.get(stage.server.origin).text()) == wanted
        stage.play(stage.server.first)
        page.locator(f'[data-upload="u{start}"]').wait_for()
        page.locator(f'[data-skipped="{start}"]').wait_for()
        assert page.evaluate(read) == wanted


def test_two_rows_that_html_cannot_tell_apart_are_two_rows(stage: Stage) -> None:
    """U+0000 is written as U+FFFD until the script has run: neither row becomes a ghost."""
    page = stage.open(first=snapshot([cart_of("\ufffd"), cart_of("\0"), cart_of("b")]))
    ids = "(rows) => rows.map((row) => row.dataset.cart)"
    assert page.locator("[data-cart]").evaluate_all(ids) == ["\ufffd", "\0", "b"]
    stage.play(snapshot([cart_of("b")], generation="another"))
    stage.painted()
    assert page.locator("[data-cart]").evaluate_all(ids) == ["b"]


@pytest.mark.parametrize("text", ["a\nb", "\n", "a\rb", "\0", "~*", "\U0001f600" * 256])
def test_a_search_for_any_text_is_asked_for_and_kept(stage: Stage, text: str) -> None:
    """A field of one line cannot hold a line feed: another control leaves the search as it is."""
    page = stage.open(f"/?search={quote(text)}", snapshot(window={"search": text}))
    page.get_by_role("radio", name="Waiting").check()
    stage.painted()
    assert stage.window()["search"] == text
    assert stage.window()["filter"] == "waiting"
