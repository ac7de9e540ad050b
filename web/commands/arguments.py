"""What may stand on the command line: each kind refuses the rest in a sentence."""

import ipaddress
import os
import re
from collections.abc import Callable
from typing import Final

import click
from click.core import ParameterSource
from typing_extensions import override

from web.numbers import decimal_number, whole_number

OWN_PLACES: Final = frozenset(
    {
        *("api", "cart", "cart-join.json", "carts", "completed", "files", "flow", "livez"),
        *("metrics", "readyz", "sign-in", "skipped", "static", "ws"),
    }
)
"""What our own addresses begin with: nobody could tell a root that begins so from one of them."""

_ROOT_PATH: Final = re.compile(r"(?:/[A-Za-z0-9._~-]+)+")
_LOOPBACK: Final = tuple(map(ipaddress.ip_address, ("127.0.0.1", "::1")))


def whole(least: int, most: int, what: str) -> Callable[[str | int], int]:
    """Give the reader of a whole number between two others; ``what`` it is, for the sentence."""

    def read(value: str | int) -> int:
        number = whole_number(str(value))
        if number is None or not least <= number <= most:
            raise click.BadParameter(f"{_quoted(value)} is not {what}")
        return number

    return read


def decimal(least: float, most: float, what: str) -> Callable[[str | float], float]:
    """Give the reader of a number between two others; ``what`` it is, for the sentence."""

    def read(value: str | float) -> float:
        number = decimal_number(str(value))
        if number is None or not least <= number <= most:
            raise click.BadParameter(f"{_quoted(value)} is not {what}")
        return number

    return read


def loopback(text: str) -> str:
    """Read an address that only this machine reaches, as it is written in a URL."""
    if text == "localhost":
        return text
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        address = None
    if address not in _LOOPBACK:
        raise click.BadParameter(
            f"{_quoted(text)} is not 127.0.0.1, ::1 or localhost: other addresses would need a"
            " login, which Cartwatch does not have yet; use an SSH tunnel"
        )
    return str(address)


def path_name(text: str) -> str:
    """Read a path; a ``~`` at its beginning is a home folder. A blank one is none."""
    if not text.strip():
        raise click.BadParameter("the path is blank: name a place")
    if "\0" in text:
        raise click.BadParameter(f"{_quoted(text)} is no path: it holds a NUL")
    path = os.path.expanduser(text)  # noqa: PTH111 (a Path forgets the ./ of ./-)
    if path.startswith("~"):
        raise click.BadParameter(
            f"{_quoted(text)} begins with the home folder of a user who is not known here: put"
            " ./ before it where that is its name"
        )
    return path


def root_path(text: str) -> str:
    """Read what stands before every address: ``/`` is nothing, and a slash at the end falls."""
    if text == "/":
        return ""
    root = text.removesuffix("/")
    segments = root.split("/")[1:]
    if not _ROOT_PATH.fullmatch(root) or {".", ".."} & set(segments):
        raise click.BadParameter(
            f"{_quoted(text)} is no path to stand before every address: it is one as /orders, of"
            " letters, digits and - . _ ~"
        )
    if segments[0] in OWN_PLACES:
        raise click.BadParameter(
            f"{_quoted(text)} begins as addresses of Cartwatch do: put another name first"
        )
    return root


class EnvironmentOption(click.Option):
    """An option whose environment variable counts when it is set, blank or not."""

    @override
    def resolve_envvar_value(self, ctx: click.Context) -> str | None:
        return os.environ.get(str(self.envvar))

    @override
    def get_error_hint(self, ctx: click.Context | None) -> str:
        """Name what the bad value came from."""
        source = None if ctx is None else ctx.get_parameter_source(self.name or "")
        return str(self.envvar) if source is ParameterSource.ENVIRONMENT else f"'{self.opts[0]}'"


def _quoted(value: object) -> str:
    text = str(value)
    return repr(text if len(text) <= 40 else f"{text[:40]}…")
