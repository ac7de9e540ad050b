"""A page after an upgrade runs what the new server brought, and nothing of the old one."""

from __future__ import annotations

import os
import shutil
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.kit.running import Cartwatch

ROOT = Path(__file__).parents[2]
#: Long ago: a browser guesses from this how long it may keep what does not say so.
LONG_AGO = 1_600_000_000


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A copy of the program, which a test may change."""
    folder = tmp_path / "program"
    for name in ("dataflow", "web", "static", "templates"):
        shutil.copytree(ROOT / name, folder / name)
    return folder


def release(program: Path, name: str) -> int:
    """Make another release: each module tells that it ran, a sheet colours the page.

    Gives how many modules there are.
    """
    modules = sorted((program / "static").rglob("*.js"))
    for module in modules:
        source = (ROOT / "static" / module.relative_to(program / "static")).read_text()
        module.write_text(f'{source}\n(globalThis.ran ??= []).push("{name}");\n')
        os.utime(module, (LONG_AGO, LONG_AGO))
    sheet = program / "static" / "styles" / "tokens.css"
    sheet.write_text(
        (ROOT / "static/styles/tokens.css").read_text() + f":root {{--release: {name}}}"
    )
    os.utime(sheet, (LONG_AGO, LONG_AGO))
    template = program / "templates" / "base.html"
    source = (ROOT / "templates" / "base.html").read_text()
    template.write_text(source.replace("<body>", f'<body data-release="{name}">'))
    return len(modules)


def releases(page: Page) -> list[str]:
    """Name the releases of all that a live page is made of: HTML, sheets, and each module."""
    expect(page.locator("[data-connection=live]")).to_be_visible()
    found: list[str] = page.evaluate(
        """() => [
          document.body.dataset.release,
          getComputedStyle(document.documentElement).getPropertyValue("--release").trim(),
          ...globalThis.ran,
        ]"""
    )
    return found


def test_after_an_upgrade_a_page_runs_new_modules_only(
    page: Page, program: Path, tmp_path: Path
) -> None:
    """On the same address, by a reload, by a visit, and by the back button."""
    count = release(program, "old")
    reloading, visiting, going_back = pages = [page, *(page.context.new_page() for _ in range(2))]
    with Cartwatch(tmp_path / "data", folder=program) as server:
        url = server.url
        for each in pages:
            each.goto(url)
            assert set(releases(each)) == {"old"}
        server.stop()
    assert release(program, "new") == count
    port = urlsplit(url).port
    with Cartwatch(tmp_path / "data", f"--port={port}", folder=program):
        reloading.reload()
        visiting.goto(url)
        going_back.goto(f"{url}/carts/nobody")
        going_back.go_back()
        for each in pages:
            found = releases(each)
            assert set(found) == {"new"}
            assert len(found) > each.locator("link[rel=modulepreload]").count() > 20


def test_a_page_that_was_open_says_that_it_is_of_before(
    page: Page, program: Path, tmp_path: Path
) -> None:
    """It lives on with the new server, and a button loads the new page; a restart is no upgrade."""
    release(program, "old")
    notice = page.get_by_text("Cartwatch was upgraded")
    with Cartwatch(tmp_path / "data", folder=program) as server:
        url = server.url
        page.goto(url)
        expect(page.locator("[data-connection=live]")).to_be_visible()
        server.stop()
    port = urlsplit(url).port
    expect(page.locator("[data-connection=offline]")).to_be_visible()
    with ExitStack() as running:
        with page.expect_response("**/static/version", timeout=40_000):
            again = Cartwatch(tmp_path / "data", f"--port={port}", folder=program)
            server = running.enter_context(again)
        expect(page.locator("[data-connection=live]")).to_be_visible()
        expect(notice).to_be_hidden()
        server.stop()
    expect(page.locator("[data-connection=offline]")).to_be_visible()
    release(program, "new")
    with Cartwatch(tmp_path / "data", f"--port={port}", folder=program):
        expect(notice).to_be_visible()
        page.get_by_role("button", name="Reload the page").click()
        expect(page.locator("body[data-release=new]")).to_be_visible()
        assert set(releases(page)) == {"new"}
        expect(notice).to_be_hidden()


def test_files_that_change_under_a_server_do_not_change_what_it_serves(
    page: Page, program: Path, tmp_path: Path
) -> None:
    """An upgrade that has not been started yet: a page is whole, and of the old release."""
    release(program, "old")
    with Cartwatch(tmp_path / "data", folder=program) as server:
        release(program, "new")
        page.goto(server.url)
        assert set(releases(page)) == {"old"}
        page.reload()
        assert set(releases(page)) == {"old"}
