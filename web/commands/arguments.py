"""What may stand on the command line: each kind refuses the rest in a sentence."""

import ipaddress
import os
import re
from collections.abc import Callable
from typing import Any, Final

import click
from click.core import ParameterSource
from typing_extensions import override

from web.numbers import decimal_number, whole_number

Command = Callable[..., Any]

OWN_PLACES: Final = frozenset(
    {
        *("api", "cart", "cart-join.json", "carts", "completed", "files", "flow", "livez"),
        *("metrics", "readyz", "sign-in", "skipped", "static", "ws"),
    }
)
"""What our own addresses begin with: nobody could tell a root that begins so from one of them."""

_ROOT_PATH: Final = re.compile(r"(?:/[A-Za-z0-9._~-]+)+")
_TOPIC: Final = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,249}")
_LABEL: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_MAX_NAME: Final = 253
_PLACE: Final = re.compile(
    r"(?:\[(?P<v6>[^\]]*:[^\]]*)\]|(?P<host>[^:\[\]]+))(?::(?P<port>[0-9]+))?"
)
"""``HOST``, ``HOST:PORT``, and an address of IPv6 in brackets."""


def with_options(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Give what adds options to a command, as if each stood above it in this order."""

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


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


def listening_host(text: str) -> str:
    """Read what to listen on: an address, or a name that leads to this machine."""
    try:
        return str(ipaddress.ip_address("" if "%" in text else text))
    except ValueError:
        name = _host_name(text)
    if name is None:
        raise click.BadParameter(
            f"{_quoted(text)} is no address to listen on: try 127.0.0.1, 0.0.0.0, :: or a name of"
            " this machine, without a port"
        )
    return name


def listening_place(text: str) -> tuple[str, int]:
    """Read where a worker listens for others: ``HOST`` or ``HOST:PORT``; without one, port 0.

    An address of IPv6 stands in brackets, where a port follows.
    """
    found = _PLACE.fullmatch(f"[{text}]" if text.count(":") > 1 and "[" not in text else text)
    host, port = (found["v6"] or found["host"], found["port"] or "0") if found else ("", "")
    name, number = _address_v6(host) or _broker_host(host), whole_number(port)
    if name is None or number is None or not 0 <= number <= 65535:
        raise click.BadParameter(
            f"{_quoted(text)} is no place to listen at: give HOST or HOST:PORT, such as"
            " 10.0.0.7:7000, by which the others reach this machine"
        )
    if name in ("0.0.0.0", "[::]"):  # noqa: S104 (refused, not bound)
        raise click.BadParameter(
            f"{_quoted(text)} is everywhere: give the one address by which the others reach this"
            " machine"
        )
    return name.removeprefix("[").removesuffix("]"), number


def host_names(text: str) -> tuple[str, ...]:
    """Read names that a server has, with commas between them."""
    names = []
    for each in text.split(","):
        name = _host_name(each.strip())
        if name is None:
            raise click.BadParameter(
                f"{_quoted(each)} is no name of a host: give names such as orders.example.com, with"
                " a comma between two, and no port"
            )
        names.append(name)
    return tuple(names)


def brokers(text: str) -> str:
    """Read brokers of Kafka, HOST:PORT with commas between, an IPv6 address in brackets."""
    found = []
    for each in text.split(","):
        host, colon, port = each.strip().rpartition(":")
        number = whole_number(port)
        name = _address_v6(host[1:-1]) if host[:1] + host[-1:] == "[]" else _broker_host(host)
        if not colon or name is None or number is None or not 1 <= number <= 65535:
            raise click.BadParameter(
                f"{_quoted(each)} is no broker: give HOST:PORT, such as kafka.example.com:9092,"
                " with a comma between two"
            )
        found.append(f"{name}:{number}")
    return ",".join(found)


def topic_name(text: str) -> str:
    """Read the name of a topic, as Kafka allows it."""
    if not _TOPIC.fullmatch(text):
        raise click.BadParameter(
            f"{_quoted(text)} is no name of a topic: it has up to 249 letters, digits and . _ -"
        )
    return text


def networks(text: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    """Read addresses, or networks of them, with commas between."""
    found = []
    for each in text.split(","):
        try:
            network = ipaddress.ip_network(each.strip(), strict=False)
        except ValueError:
            raise click.BadParameter(
                f"{_quoted(each)} is no address of a proxy: give addresses such as 10.0.0.5, or"
                " networks such as 10.0.0.0/24, with a comma between two"
            ) from None
        if network.prefixlen == 0:
            raise click.BadParameter(
                f"{_quoted(each)} is everybody, who would all be believed: name the proxy alone"
            )
        found.append(network)
    return tuple(found)


def _broker_host(text: str) -> str | None:
    """Give a host, by name or by an IPv4 address; None where it is neither."""
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError:
        return _host_name(text)


def _address_v6(text: str) -> str | None:
    try:
        return f"[{ipaddress.IPv6Address(text)}]"
    except ValueError:
        return None


def _host_name(text: str) -> str | None:
    """Give a name as it stands in a ``Host``, None where it is none; one of digits is none."""
    try:
        name = text.lower().encode("idna").decode()
    except UnicodeError:
        return None
    labels = name.split(".")
    is_name = len(name) <= _MAX_NAME and all(map(_LABEL.fullmatch, labels))
    return name if is_name and not labels[-1].isdigit() else None


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
