"""What the page is made of is served as one version, and what may be kept says so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pygments.lexer import Lexer
from pygments.lexers.css import CssLexer
from pygments.lexers.javascript import JavascriptLexer
from pygments.token import Comment

from tests.kit.running import Answer, Cartwatch
from web.http import assets
from web.http.assets import Assets
from web.http.sheets import JOINED
from web.settings import asset_folder

SOURCES = sorted(
    each for each in asset_folder("static").rglob("*") if each.suffix in {".css", ".js"}
)
FOR_EVER = "public, max-age=31536000, immutable"
PERSON = {"Accept": "text/html"}


@pytest.fixture
def version(cartwatch: Cartwatch) -> str:
    """The version that the page names now."""
    return assets_of(cartwatch.call("GET", "/", headers=PERSON))[0].split("/")[2]


def assets_of(page: Answer) -> list[str]:
    return re.findall(r'(?:href|src)="(/static/[^"]+)"', page.body.decode())


@pytest.mark.parametrize(
    ("path", "least"), [("/", 30), ("/carts/a", 30), ("/nothing", 2), ("/?sort=nothing", 30)]
)
def test_all_that_a_page_is_made_of_is_of_one_version_and_kept_for_ever(
    cartwatch: Cartwatch, path: str, least: int
) -> None:
    """Scripts, sheets and icon, of pages that say no, too."""
    found = assets_of(cartwatch.call("GET", path, headers=PERSON))
    assert len(found) >= least  # a page that says no has its icon and its sheet
    assert {Path(address).suffix for address in found} >= {".svg", ".css"}
    assert len({address.split("/")[2] for address in found}) == 1
    for address in found:
        answer = cartwatch.call("GET", address)
        assert answer.status == 200
        assert answer.headers["cache-control"] == FOR_EVER
        assert answer.headers["content-type"].split(";")[0] in assets.MEDIA_TYPES.values()


def test_a_page_asks_for_two_sheets_that_hold_what_is_written_for_its_parts(
    cartwatch: Cartwatch,
) -> None:
    """In their order, by which one rule wins over another; and no sheet is of no page."""
    found = assets_of(cartwatch.call("GET", "/", headers=PERSON))
    sheets = [address.split("/", 3)[3] for address in found if address.endswith(".css")]
    assert sheets == ["styles/every-page.css", "styles/carts-view.css"]
    for name, parts in JOINED.items():
        each = [cartwatch.call("GET", f"/static/{part}").body for part in parts]
        assert cartwatch.call("GET", f"/static/{name}").body == b"\n".join(each)
    alone = {"styles/docs.css", "styles/sign-in.css"}
    used = {part for parts in JOINED.values() for part in parts} | alone
    assert {f"styles/{each.name}" for each in SOURCES if each.suffix == ".css"} == used


def test_a_page_names_every_module_that_it_begins_with(cartwatch: Cartwatch) -> None:
    """So that none waits for the one that imports it; those of other views come when they do."""
    found = assets_of(cartwatch.call("GET", "/", headers=PERSON))
    modules = {address.split("/", 3)[3] for address in found if address.endswith(".js")}
    assert {"main.js", "paint/patch.js", "elements/carts/cart_row.js", "views/carts.js"} <= modules
    assert "views/cart.js" not in modules


def test_what_is_served_has_no_comments(cartwatch: Cartwatch) -> None:
    """They are for those who read the source; the code itself is all there."""
    main = cartwatch.call("GET", "/static/main.js").body
    assert b"/**" not in main
    assert b"customElements.define" in main
    assert b"/*" not in cartwatch.call("GET", "/static/styles/tokens.css").body


def test_the_first_screen_is_light() -> None:
    """All that it begins with, before somebody needs more."""
    installed = assets.installed()
    first = installed.reached_from("main.js", "views/carts.js")
    weights = {name: len(assets.shortened(asset_folder("static") / name)) for name in first}
    assert sum(weights.values()) <= 60 * 1024, weights


LEXERS = {".css": CssLexer(), ".js": JavascriptLexer()}


def words(text: str, lexer: Lexer) -> list[str]:
    """Give all that means something, texts and templates as they stand; of a sheet, gaps too."""
    tokens = [
        " " if not piece.strip() else piece
        for kind, piece in lexer.get_tokens(text)
        if kind not in Comment
    ]
    if isinstance(lexer, CssLexer):
        return " ".join("".join(tokens).split()).split()
    return [token for token in tokens if token != " "]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_what_is_served_says_what_the_source_says(path: Path) -> None:
    """Without its comments it is word for word the same, in templates within templates, too."""
    lexer = LEXERS[path.suffix]
    source, served = path.read_text(), assets.shortened(path).decode()
    assert words(served, lexer) == words(source, lexer)


def test_an_address_without_a_version_is_asked_for_anew_each_time(
    cartwatch: Cartwatch, version: str
) -> None:
    """It holds what the version holds; with its tag the answer is short."""
    plain = cartwatch.call("GET", "/static/main.js")
    assert plain.body == cartwatch.call("GET", f"/static/{version}/main.js").body
    assert plain.headers["cache-control"] == "no-cache"
    tag = plain.headers["etag"]
    for tags in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = cartwatch.call("GET", "/static/main.js", headers={"If-None-Match": tags})
        assert (again.status, again.body) == (304, b"")
        assert again.headers["cache-control"] == "no-cache"
    other = cartwatch.call("GET", "/static/main.js", headers={"If-None-Match": '"other"'})
    assert other.status == 200


@pytest.mark.parametrize("headers", [{}, {"If-None-Match": "*"}])
def test_another_version_is_never_answered_with_this_one(
    cartwatch: Cartwatch, version: str, headers: dict[str, str]
) -> None:
    """Not found, to be kept by nobody, and in words that say what to do."""
    other = "0" * len(version)
    for path in (f"{other}/main.js", f"{version}/{version}/main.js", version, f"{version}/"):
        answer = cartwatch.call("GET", f"/static/{path}", headers=headers)
        assert answer.status == 404
        assert answer.headers["cache-control"] == "no-store"
        assert "load the page anew" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/carts/a", "/nothing", "/cart-join.json", "/livez", "/readyz", "/api/nothing"),
        *("/api/carts", "/api/carts/a", "/api/carts?limit=0", "/api/stats", "/api/recovery"),
        *("/api/uploads", "/api/skipped", "/api/completed", "/api/carts.jsonl"),
        *("/api/skipped.jsonl", "/api/completed.jsonl", "/static/nothing.js"),
    ],
)
@pytest.mark.parametrize("headers", [{}, PERSON, {"Host": "example.com"}])
def test_facts_and_pages_and_refusals_are_kept_by_nobody(
    cartwatch: Cartwatch, path: str, headers: dict[str, str]
) -> None:
    """They are stale at once, and a page that is kept would name modules of its own time."""
    assert cartwatch.call("GET", path, headers=headers).headers["cache-control"] == "no-store"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_assets_are_only_read(cartwatch: Cartwatch, version: str, method: str) -> None:
    """With the methods that there are."""
    answer = cartwatch.call(method, f"/static/{version}/main.js")
    assert answer.status == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}
    head = cartwatch.call("HEAD", f"/static/{version}/main.js")
    assert (head.status, head.body) == (200, b"")
    assert int(head.headers["content-length"]) > 0


@pytest.mark.parametrize(
    "files",
    [
        {"a.js": b"2", "b.css": b""},
        {"c.js": b"1", "b.css": b""},
        {"a.js": b"", "b.css": b"1"},
        {"a.js": b"1"},
        {"a.js": b"1", "b.css": b"", "c.svg": b""},
    ],
    ids=["other text", "another name", "moved text", "one less", "one more"],
)
def test_whatever_differs_is_another_version(files: dict[str, bytes]) -> None:
    """In a name or in what a file holds; the order in which they were found is none."""
    one = Assets({"a.js": b"1", "b.css": b""})
    assert Assets(files).version != one.version
    assert Assets({"b.css": b"", "a.js": b"1"}).version == one.version


def test_a_template_cannot_name_what_is_not_there() -> None:
    """It fails when it is rendered, and not as a page without its script."""
    with pytest.raises(KeyError):
        assets.installed().address("nothing.js")
