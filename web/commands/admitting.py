"""What decides who may come in, put together at a start: every mistake in it is one sentence."""

import re
import socket
import ssl
from pathlib import Path
from typing import Final, NamedTuple

from web.access.access import Access
from web.access.forwarded import Proxies
from web.access.hosts import Hosts, is_address
from web.access.kept import KeptSessions, keep_sessions, kept_sessions, kept_token
from web.access.login import Login
from web.access.own_names import host_names, look_up_full_name
from web.access.token_file import given_token, read_token
from web.access.tokens import AccessError, Tokens, make_token
from web.commands.listening import url_of
from web.commands.opening import StartError
from web.commands.terminal import shown, why
from web.data.folder import DataFolder
from web.http.entrance import SIGN_IN
from web.settings import Admission, Settings

_ENOUGH_BYTES: Final = 1024 * 1024
_PLACE: Final = re.compile(r"^\[[^]]*\] | \(_ssl\.c:\d+\)$")
"""Where in a library something was found to be wrong, which helps nobody."""

_NO_LOGIN: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class Given(NamedTuple):
    """What a person has given: tokens, and what a server proves by that it is the one."""

    changes: str | None
    reads: str | None
    tls: ssl.SSLContext | None


class Admitted(NamedTuple):
    """Who may come in; ``made`` is the token that nobody has given, where one was needed."""

    access: Access
    made: str | None = None


def read_given(asked: Admission) -> Given:
    """Read tokens and certificate, before anything else is done; raises ``StartError``."""
    try:
        changes, reads = given_token(asked.token_file, asked.token), None
        if asked.read_only_token_file is not None:
            reads = read_token(asked.read_only_token_file, "the file of the read-only token")
        if changes is not None:
            Tokens(changes, reads)  # refuses two that are one
    except AccessError as error:
        raise StartError(str(error)) from None
    tls = None
    if asked.tls_cert is not None and asked.tls_key is not None:
        tls = _tls(asked.tls_cert, asked.tls_key)
    return Given(changes, reads, tls)


def admit(settings: Settings, given: Given, folder: DataFolder) -> Admitted:
    """Tell who may come in, by what was given and what the data folder keeps.

    Raises ``StartError``.
    """
    asked = settings.admission
    names = {*host_names(), *asked.names}
    if not is_address(settings.host):
        names.add(settings.host)
    hosts, proxies = Hosts(names), Proxies(asked.proxies)
    has_token = given.changes is not None or given.reads is not None
    if not has_token and not proxies and settings.host in _NO_LOGIN:
        return Admitted(Access(hosts, proxies, mount=settings.root_path))
    try:
        made = kept_token(folder.token) if given.changes is None else None
        tokens = Tokens(given.changes or made or "", given.reads)
        kept = kept_sessions(folder.sessions)
    except AccessError as error:
        raise StartError(str(error)) from None
    except OSError as error:
        raise StartError(
            f"what the login needs cannot be kept in {shown(folder.path)}: {why(error)}"
        ) from error

    def keep(secret: bytes) -> None:
        keep_sessions(folder.sessions, KeptSessions(kept.instance, secret))

    login = Login(tokens, f"cartwatch-{kept.instance}", kept.secret, keep)
    look_up_full_name(hosts.add)
    return Admitted(Access(hosts, proxies, login, settings.root_path), made)


def nobody() -> Access:
    """Let nobody in: of a server that is there for its own work alone."""
    return Access(login=Login(Tokens(make_token()), "cartwatch", b"", lambda _: None))


def live_lines(settings: Settings, listening: socket.socket, admitted: Admitted) -> str:
    """Say where a browser can use it and, where the token was made here, how it gets in."""
    scheme = "http" if settings.admission.tls_cert is None else "https"
    has_name = not is_address(settings.host) and settings.host not in _NO_LOGIN
    url = url_of(listening, scheme, settings.host if has_name else None)
    url += admitted.access.mount
    if admitted.made is None:
        return f"Cartwatch is live at {url}"
    return f"Cartwatch is live at {url}\nSign in with {url}{SIGN_IN}?token={admitted.made}"


def _tls(cert: Path, key: Path) -> ssl.SSLContext:
    """Read what a server proves by that it is the one; raises ``StartError``."""
    for what, path in (("--tls-cert", cert), ("--tls-key", key)):
        try:
            with path.open("rb") as file:
                is_longer = len(file.read(_ENOUGH_BYTES + 1)) > _ENOUGH_BYTES
        except (OSError, ValueError) as error:
            reason = why(error) if isinstance(error, OSError) else str(error)
            raise StartError(f"{what} {shown(path)} cannot be read: {reason}") from None
        if is_longer:  # and may have no end at all
            raise StartError(f"{what} {shown(path)} is longer than 1 MiB: no such file is")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(cert, key, password=_no_password)
    except (ssl.SSLError, OSError, ValueError) as error:
        raise StartError(
            f"{shown(cert)} and {shown(key)} are no certificate and its key, in PEM and without a"
            f" password: {_words(error)}"
        ) from None
    return context


def _no_password() -> str:
    return ""  # else the terminal would be asked for one


def _words(error: Exception) -> str:
    reason = getattr(error, "reason", None) or _PLACE.sub("", str(error))
    return str(reason).lower().replace("_", " ")
