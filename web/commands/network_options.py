"""The options of who may come in, and those of a client that is to come in."""

import ipaddress
import os
from pathlib import Path
from typing import Final

import click

from web.access.token_file import VARIABLE
from web.commands.arguments import host_names, listening_host, networks, path_name, with_options
from web.settings import Admission

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def take_token() -> str | None:
    """Take the token out of the environment: no process that is started from here sees it."""
    return os.environ.pop(VARIABLE, None)


def admission(
    *,
    token_file: str | None,
    read_only_token_file: str | None,
    tls_cert: str | None,
    tls_key: str | None,
    name: tuple[str, ...] | None,
    proxy: tuple[Network, ...] | None,
) -> Admission:
    """Gather what these options say; raises ``click.UsageError`` for what does not go together."""
    if (tls_cert is None) != (tls_key is None):
        raise click.UsageError("--tls-cert and --tls-key go together: give both, or neither")
    return Admission(
        token_file=_path(token_file),
        token=take_token(),
        read_only_token_file=_path(read_only_token_file),
        tls_cert=_path(tls_cert),
        tls_key=_path(tls_key),
        names=name or (),
        proxies=proxy or (),
    )


def _path(text: str | None) -> Path | None:
    return None if text is None else Path(text)


listening_options: Final = with_options(
    click.option(
        "--host",
        type=listening_host,
        metavar="ADDRESS",
        default="127.0.0.1",
        show_default=True,
        help="Address or name to listen on; any but 127.0.0.1, ::1 and localhost needs a login.",
    ),
    click.option(
        "--token-file",
        type=path_name,
        metavar="F",
        help=f"File with the token of the login (or {VARIABLE}); without one, it is made and"
        " printed as a link where a login is needed.",
    ),
    click.option(
        "--read-only-token-file",
        type=path_name,
        metavar="F",
        help="File with a second token, which sees everything and changes nothing.",
    ),
    click.option(
        "--tls-cert",
        type=path_name,
        metavar="F",
        help="Certificate, with those between it and its authority: serve HTTPS.",
    ),
    click.option("--tls-key", type=path_name, metavar="F", help="Private key of the certificate."),
    click.option(
        "--name",
        type=host_names,
        metavar="HOST[,…]",
        help="Names that this server has, beside its addresses and what this machine calls itself.",
    ),
    click.option(
        "--proxy",
        type=networks,
        metavar="ADDRESS[,…]",
        help="Proxies before this server, whose X-Forwarded-… headers are believed; needs a login.",
    ),
)
"""Adds the options of a server that others may reach."""

client_options: Final = with_options(
    click.option(
        "--token-file",
        type=path_name,
        metavar="F",
        help=f"File with a token of the server (or {VARIABLE}), where it wants one.",
    ),
    click.option(
        "--ca",
        type=path_name,
        metavar="F",
        help="Certificates of the authorities to trust, in place of the system's.",
    ),
)
"""Adds the options of a client to a server that wants to know who asks."""
