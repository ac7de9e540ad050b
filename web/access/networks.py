"""Addresses of clients and proxies, told alike however they are written. Pure."""

import ipaddress
from collections.abc import Iterable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def read_address(text: str) -> Address | None:
    """Read an address, with a port or without; None where it is none.

    One of IPv4 that is written in IPv6, as a socket for both tells it, is of IPv4.
    """
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def is_in(address: Address | None, networks: Iterable[Network]) -> bool:
    """Whether an address is one of these."""
    return address is not None and any(address in network for network in networks)


def site_of(address: Address | None) -> str:
    """Name who has an address: of IPv6 all that share its first 64 bits, which one client has."""
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address or "")
