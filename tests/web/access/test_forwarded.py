"""What proxies say: believed of those that were named, and only as far as they can know it."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.access.forwarded import Came, Proxies
from web.access.networks import read_address, site_of

PROXIES = Proxies([ipaddress.ip_network("10.0.0.0/24"), ipaddress.ip_network("fd00::/64")])
CLIENT = ipaddress.ip_address("203.0.113.7")


@pytest.mark.parametrize(
    ("told", "client"),
    [
        ([], "10.0.0.1"),
        (["203.0.113.7"], "203.0.113.7"),
        (["203.0.113.7:4711"], "203.0.113.7"),
        (["[2001:db8::1]:4711"], "2001:db8::1"),
        (["2001:db8::1"], "2001:db8::1"),
        (["1.2.3.4, 203.0.113.7"], "203.0.113.7"),
        (["1.2.3.4", "203.0.113.7, 10.0.0.9", "fd00::5"], "203.0.113.7"),
        (["10.0.0.7, 10.0.0.9"], "10.0.0.7"),
        (["203.0.113.7, unknown"], "10.0.0.1"),
        (["203.0.113.7, nonsense, 10.0.0.9"], "10.0.0.9"),
        (["::ffff:203.0.113.7"], "203.0.113.7"),
        (["", " , ,"], "10.0.0.1"),
    ],
)
def test_the_client_is_the_last_address_that_is_no_named_proxy(
    told: Sequence[str], client: str
) -> None:
    """What stands before that anybody may have written."""
    came = PROXIES.look("10.0.0.1", forwarded_for=told)
    assert came == Came(ipaddress.ip_address(client), forwarded=True)


@given(st.lists(st.text()), st.lists(st.text()), st.lists(st.text()))
def test_of_anybody_else_nothing_is_believed(
    told: list[str], schemes: list[str], hosts: list[str]
) -> None:
    """Whatever they write; nor where no proxy was named."""
    for proxies, peer in ((PROXIES, "203.0.113.7"), (Proxies(), "203.0.113.7")):
        came = proxies.look(peer, forwarded_for=told, schemes=schemes, hosts=hosts)
        assert came == Came(CLIENT)
    assert PROXIES.look("10.0.0.1", forwarded_for=told, schemes=schemes, hosts=hosts).forwarded


@given(st.lists(st.text()))
def test_what_a_client_has_written_before_a_proxy_changes_nothing(told: list[str]) -> None:
    """It adds the address that it has seen at the end."""
    came = PROXIES.look("10.0.0.1", forwarded_for=[*told, "203.0.113.7"])
    assert came.client == CLIENT


def test_scheme_and_host_are_the_last_words_of_the_proxy() -> None:
    """A scheme that is none is not believed."""
    came = PROXIES.look("fd00::1", schemes=["http", "HTTPS"], hosts=["evil.example, a.example:1"])
    assert came[1:] == ("https", "a.example:1", True)
    assert PROXIES.look("10.0.0.1", schemes=["javascript"], hosts=[" "])[1:3] == (None, None)


def test_a_named_proxy_is_known_however_its_address_is_written() -> None:
    """A socket for both kinds tells one of IPv4 in IPv6."""
    assert PROXIES.look("::ffff:10.0.0.1").forwarded
    assert not PROXIES.look("").forwarded


@pytest.mark.parametrize(
    ("address", "site"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:0:1:aaaa::1", "2001:db8:0:1::/64"),
        ("2001:db8:0:1:bbbb::2", "2001:db8:0:1::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("nonsense", ""),
    ],
)
def test_a_site_is_an_address_or_what_one_client_has_of_ipv6(address: str, site: str) -> None:
    """Who has one address of IPv6 has 2^64."""
    assert site_of(read_address(address)) == site
