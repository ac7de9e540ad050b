"""All that decides who may come in, of one server. Pure."""

from dataclasses import dataclass, field

from web.access.forwarded import Proxies
from web.access.hosts import Hosts
from web.access.login import Login


@dataclass(frozen=True, slots=True)
class Access:
    """By which names it is asked, by which proxies, and with which login; None: with none.

    ``mount`` is the path below which all of its addresses are, without a slash at its end.
    """

    hosts: Hosts = field(default_factory=Hosts)
    proxies: Proxies = field(default_factory=Proxies)
    login: Login | None = None
    mount: str = ""
