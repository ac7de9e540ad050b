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
    """On the same address, by a reload, by a visit, by the back button, and where it stayed open.

    One that stayed open lives on with the new server, and a button loads the new page; a restart is
    no upgrade, nor are files that change under a server.
    """
    count = release(program, "old")
    staying, reloading, visiting, going_back = pages = [
        page,
        *(page.context.new_page() for _ in range(3)),
    ]
    notice = staying.get_by_text("Cartwatch was upgraded")
    with Cartwatch(tmp_path / "data", folder=program) as server:
        url = server.url
        for each in pages:
            each.goto(url)
            assert set(releases(each)) == {"old"}
        server.stop()
    port = urlsplit(url).port
    expect(staying.locator("[data-connection=offline]")).to_be_visible()
    with ExitStack() as running:
        with staying.expect_response("**/static/version", timeout=40_000):
            again = Cartwatch(tmp_path / "data", f"--port={port}", folder=program)
            server = running.enter_context(again)
        expect(staying.locator("[data-connection=live]")).to_be_visible()
        expect(notice).to_be_hidden()
        # An upgrade that has not been started yet: a page is whole, and of the old release.
        assert release(program, "new") == count
        reloading.reload()
        assert set(releases(reloading)) == {"old"}
        visiting.goto(f"{url}/files")
        assert set(releases(visiting)) == {"old"}
        server.stop()
    expect(staying.locator("[data-connection=offline]")).to_be_visible()
    with Cartwatch(tmp_path / "data", f"--port={port}", folder=program):
        expect(notice).to_be_visible()
        staying.get_by_role("button", name="Reload the page").click()
        expect(staying.locator("body[data-release=new]")).to_be_visible()
        reloading.reload()
        visiting.goto(url)
        going_back.goto(f"{url}/carts/nobody")
        going_back.go_back()
        for each in pages:
            found = releases(each)
            assert set(found) == {"new"}
            assert len(found) > each.locator("link[rel=modulepreload]").count() > 20
        expect(notice).to_be_hidden()
