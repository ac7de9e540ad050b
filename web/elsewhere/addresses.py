"""Addresses by which workers on several machines call each other. Pure."""

import ipaddress


def plain_address(text: str) -> str | None:
    """Give an address as a worker can listen at it and others call it; None where it is none.

    One of IPv4 that is written in IPv6, as a socket for both tells it, is of IPv4. What leads
    everywhere, or only over one cable (``%eth0``), leads to no machine.
    """
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        elif address.is_link_local or address.scope_id is not None:
            return None
    return None if address.is_unspecified or address.is_multicast else str(address)


def is_loopback(text: str) -> bool:
    """Whether an address leads to the machine that calls it, whichever that is."""
    plain = plain_address(text)
    return plain is not None and ipaddress.ip_address(plain).is_loopback
