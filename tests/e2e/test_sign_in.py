"""Signing in with a real browser: by form, by link, from a page elsewhere, and out again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page, expect
from typing_extensions import override

from tests.kit.authority import Authority
from tests.kit.running import Cartwatch
from tests.kit.signed_in import CHANGES, READS, bearer, token_files

LIVE = "[data-connection=live]"
ORDER = b'{"user_id": "zoe", "type": "order", "order_id": 7}\n'


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Cartwatch]:
    with Cartwatch(tmp_path / "data", *token_files(tmp_path)) as server:
        server.headers = bearer(CHANGES)
        server.call("POST", "/api/events", ORDER)
        server.settled()
        yield server


@contextmanager
def page_elsewhere(html: str) -> Iterator[str]:
    """Serve a page at another port of this host, which is another origin; gives its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(html.encode())

        @override
        def log_message(self, format: str, *args: object) -> None:
            return

    class Elsewhere(ThreadingHTTPServer):
        block_on_close = False

    with Elsewhere(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://localhost:{server.server_address[1]}/"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("scripts", [True, False])
def test_the_form_signs_in_and_goes_on_to_where_one_wanted(
    browser: Browser, guarded: Cartwatch, scripts: bool
) -> None:
    """Also without script; a wrong token is told there, and the field is still there."""
    context = browser.new_context(java_script_enabled=scripts)
    page = context.new_page()
    page.goto(f"{guarded.url}/carts/zoe?show=unpaid")
    token = page.get_by_label("Token")
    expect(token).to_be_focused()
    token.fill("not-the-token-of-it")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("This is not a token of this server.")
    page.get_by_label("Token").fill(CHANGES)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{guarded.url}/carts/zoe?show=unpaid")
    expect(page.get_by_role("heading", name="zoe")).to_be_visible()
    context.close()


def test_the_link_signs_in_from_a_page_elsewhere_and_leaves_no_token_behind(
    page: Page, guarded: Cartwatch
) -> None:
    """As from a chat: the page is live, and nothing that it shows or sends names the token."""
    sent: list[str] = []
    with page_elsewhere(f'<a href="{guarded.url}/sign-in?token={CHANGES}">in</a>') as elsewhere:
        page.goto(elsewhere)
        page.on("request", lambda request: sent.append(request.headers.get("referer", "")))
        page.get_by_text("in").click()
        expect(page.locator(LIVE)).to_be_visible()
    expect(page).to_have_url(f"{guarded.url}/")
    assert not [each for each in sent if CHANGES in each]
    assert page.evaluate("document.cookie") == ""
    (cookie,) = page.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["secure"]) == (True, "Lax", False)


def test_a_page_elsewhere_changes_nothing_and_hears_nothing(page: Page, guarded: Cartwatch) -> None:
    """In a browser that is signed in: by a form, by fetch, by an image, by a socket."""
    page.goto(f"{guarded.url}/sign-in?token={CHANGES}")
    port = guarded.url.rpartition(":")[2]
    with page_elsewhere("<form method=post enctype=text/plain></form>") as elsewhere:
        for host in ("127.0.0.1", "localhost"):
            target = f"http://{host}:{port}"
            page.goto(elsewhere)
            assert page.evaluate(
                """async (target) => {
                      const told = []
                      for (const mode of ['no-cors', 'cors'])
                        for (const path of ['/api/flow/restart', '/api/sign-out', '/api/events'])
                          await fetch(target + path, {method: 'POST', mode, body: '{}',
                            credentials: 'include'}).then((answer) => told.push(answer.status),
                            () => told.push('refused'))
                      await new Promise((done) => {
                        const socket = new WebSocket(target.replace('http', 'ws') + '/ws')
                        socket.onmessage = () => { told.push('heard'); done() }
                        socket.onclose = () => { told.push('closed'); done() }
                      })
                      return [...new Set(told)]
                    }""",
                target,
            ) == ["refused", "closed"]
            page.evaluate(
                "(target) => { document.forms[0].action = target; document.forms[0].submit() }",
                f"{target}/api/flow/restart",
            )
            expect(page.locator("body")).to_contain_text("wrong_origin")
    assert guarded.get("/api/recovery")["total"] == 1
    page.goto(f"{guarded.url}/")
    expect(page.locator(LIVE)).to_be_visible()


def test_signing_out_everywhere_ends_the_page_that_is_open(page: Page, guarded: Cartwatch) -> None:
    """It is live no more, and its next load asks for the token."""
    page.goto(f"{guarded.url}/sign-in?token={READS}")
    expect(page.locator(LIVE)).to_be_visible()
    assert guarded.call("POST", "/api/sign-out").status == 204
    expect(page.locator(LIVE)).to_have_count(0)
    page.reload()
    expect(page.get_by_label("Token")).to_be_visible()


def test_under_tls_the_page_is_live(browser: Browser, tmp_path: Path) -> None:
    """Its scripts, its socket and its cookie, all of it."""
    authority = Authority(tmp_path)
    with Cartwatch(tmp_path / "data", *authority.options, *token_files(tmp_path)) as server:
        context = browser.new_context(ignore_https_errors=True)
        page = context.new_page()
        page.goto(f"{server.url}/sign-in?token={CHANGES}")
        expect(page.locator(LIVE)).to_be_visible()
        (cookie,) = context.cookies()
        assert cookie["secure"] is True
        page.get_by_text(re.compile("Load the sample")).first.click()
        expect(page.locator("[data-cart=a]")).to_be_visible()
        context.close()
        server.stop()


@pytest.mark.parametrize("width", [360, 1280])
def test_the_form_fits(browser: Browser, guarded: Cartwatch, width: int) -> None:
    """On a phone and on a desk, in both themes; nothing is cut."""
    for scheme in ("light", "dark"):
        context = browser.new_context(viewport={"width": width, "height": 640}, color_scheme=scheme)
        page = context.new_page()
        page.goto(f"{guarded.url}/sign-in?token=not-the-token-of-it")
        expect(page.get_by_role("alert")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        context.close()
