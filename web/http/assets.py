"""The scripts, style sheets and icon of the page, served as one version that is never mixed.

All of it is read once, without its comments, and kept: what a running server serves does not change
under it. The version is a digest of all that was read and stands in the path, so that modules,
which import one another by relative addresses, inherit that of the page that names the first.
Such an address is kept by browsers for ever. Without a version it gives what is current, to be
asked for anew each time.

An address of another version is not found, rather than answered with what is current: a page from
before an upgrade must not be put together with modules from after it. Pages are never kept, so a
reload, or the back button, brings page and modules of one version.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import rjsmin
from starlette.requests import Request
from starlette.responses import Response

from web.errors import not_found
from web.http.sheets import JOINED
from web.settings import asset_folder

ROOT: Final = "/static"
#: Not the system's table, in which a script may be plain text, which no browser would run.
MEDIA_TYPES: Final = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
#: A static import, as our own modules write it and as it is left when they are served.
_IMPORT: Final = re.compile(
    r"""(?:^|;|\})\s*(?:import|export)\b[^;"'`()]*?["'](\.{1,2}/[^"']+)["']""", re.MULTILINE
)
FOR_EVER: Final = "public, max-age=31536000, immutable"
ASK_AGAIN: Final = "no-cache"
_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)


class Asset(NamedTuple):
    """One file: what it holds, what it is, and its entity tag."""

    body: bytes
    media_type: str
    tag: str


class Assets:
    """The files of one version of the page, by their paths below ``static/``."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        whole = hashlib.sha256()
        self._assets: dict[str, Asset] = {}
        for name, body in sorted(files.items()):
            digest = hashlib.sha256(body).hexdigest()
            whole.update(f"{name}\n{digest}\n".encode())
            tag = f'"{digest[:16]}"'
            self._assets[name] = Asset(body, MEDIA_TYPES[Path(name).suffix], tag)
        self.version = whole.hexdigest()[:16]

    @classmethod
    def read(cls, folder: Path, joined: Mapping[str, tuple[str, ...]]) -> Assets:
        """Read all files in a folder and below; those that no page uses are left out.

        Beside them there are files that hold others, ``joined`` in this order.
        """
        paths = (path for path in folder.rglob("*") if path.suffix in MEDIA_TYPES)
        files = {path.relative_to(folder).as_posix(): shortened(path) for path in paths}
        made = {name: b"\n".join(map(files.__getitem__, parts)) for name, parts in joined.items()}
        return cls(files | made)

    def reached_from(self, *names: str) -> tuple[str, ...]:
        """Give the paths of these scripts and of all that they import, in order."""
        found: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                folder = posixpath.dirname(name)
                paths = _IMPORT.findall(self._assets[name].body.decode())
                waiting += [posixpath.normpath(posixpath.join(folder, path)) for path in paths]
        return tuple(sorted(found))

    def address(self, name: str) -> str:
        """Give the address of a file in this version; KeyError where there is no such file."""
        _ = self._assets[name]
        return f"{ROOT}/{self.version}/{name}"

    async def serve(self, request: Request) -> Response:
        """``GET /static/{path}``: a file, with its version or without; or which version this is."""
        path: str = request.path_params["path"]
        if path == "version":  # a page that was away asks whether it is still of this one
            return Response(self.version, media_type="text/plain")
        version, _, rest = path.partition("/")
        versioned = version == self.version
        asset = self._assets.get(rest if versioned else path)
        if asset is None:
            raise not_found(f"this version of the page has no {path[:80]!r}: load the page anew")
        headers = {"cache-control": FOR_EVER if versioned else ASK_AGAIN, "etag": asset.tag}
        if _names(request.headers.get("if-none-match", ""), asset.tag):
            return Response(status_code=304, headers=headers)
        return Response(asset.body, media_type=asset.media_type, headers=headers)


@cache
def installed() -> Assets:
    """Give the assets of this installation, read when they are first asked for."""
    return Assets.read(asset_folder("static"), JOINED)


def shortened(path: Path) -> bytes:
    """Read a file without its comments, and without the space that only its readers need.

    Every word of it stays what it is: a fault is found in what is served as in the source.
    """
    text = path.read_text("utf-8")
    match path.suffix:
        case ".js":
            text = rjsmin.jsmin(text)
        case ".css":
            lines = _COMMENT.sub("", text).splitlines()
            text = "\n".join(line.strip() for line in lines if line.strip())
    return text.encode()


def _names(tags: str, tag: str) -> bool:
    """Say whether the tags of an ``If-None-Match`` hold this one, or any."""
    each = [given.strip().removeprefix("W/") for given in tags.split(",")]
    return tag in each or "*" in each
