"""web/elsewhere/addresses.py: by which addresses machines call each other."""

import pytest

from web.elsewhere.addresses import is_loopback, plain_address


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("127.0.0.1", "127.0.0.1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("2001:DB8::1", "2001:db8::1"),
        ("::1", "::1"),
    ],
)
def test_an_address_is_told_in_one_way(text: str, plain: str) -> None:
    """However the socket tells it."""
    assert plain_address(text) == plain


@pytest.mark.parametrize(
    "text", ["", "hub", "0.0.0.0", "::", "fe80::1", "fe80::1%eth0", "2001:db8::1%1", "224.0.0.1"]
)
def test_what_leads_to_no_machine_is_none(text: str) -> None:
    """Everywhere, a group, a name, or an address of one cable."""
    assert plain_address(text) is None


def test_loopback_leads_to_whoever_calls_it() -> None:
    """Of either kind, however it is told."""
    assert all(map(is_loopback, ("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1")))
    assert not any(map(is_loopback, ("10.0.0.1", "::", "fe80::1", "localhost", "")))
