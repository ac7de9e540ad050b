"""dataflow/peers.py: where workers find each other, and when they can."""

import ipaddress
import socket
import sys
import threading
import time

import pytest

from dataflow.peers import (
    LOOPBACK,
    address_of,
    await_listening,
    free_addresses,
    is_here,
    listen,
    not_listening,
    split_address,
)


def test_each_worker_gets_an_address_of_its_own_where_nobody_listens() -> None:
    """On loopback: what they say to each other has no login; all at one address of it."""
    addresses = free_addresses(16)
    assert len(set(addresses)) == 16
    assert len({split_address(address)[0] for address in addresses}) == 1
    for address in addresses:
        host, _, port = address.rpartition(":")
        assert ipaddress.ip_address(host).is_loopback
        with socket.create_server((host, int(port))):
            pass


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the loopback is one address")
def test_who_calls_the_usual_loopback_is_no_worker() -> None:
    """One that looks for a server that has gone, and whose port is a worker's now."""
    hosts = [split_address(free_addresses(1)[0])[0] for _ in range(3)]
    assert LOOPBACK not in hosts
    assert len({*hosts}) > 1, "and two servers hardly ever take the same"


def test_a_peer_is_waited_for_until_it_listens_and_is_not_called() -> None:
    """To connect takes whoever does for a worker; and the engine itself would rest a second."""
    (address,) = free_addresses(1)
    listening = threading.Event()
    heard = threading.Event()

    def wait() -> None:
        await_listening([address])
        assert listening.is_set()
        heard.set()

    waiting = threading.Thread(target=wait)
    waiting.start()
    assert not heard.wait(0.05)
    listening.set()
    host, _, port = address.rpartition(":")
    with socket.create_server((host, int(port))) as server:
        assert heard.wait(20)
        server.settimeout(0.05)
        try:
            server.accept()
        except TimeoutError:
            pass
        else:
            raise AssertionError("it was called")
    waiting.join()


def test_the_first_worker_waits_for_nobody() -> None:
    """There is none before it."""
    began = time.monotonic()
    await_listening([])
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1"])
def test_a_worker_may_listen_at_any_address_of_this_machine(host: str) -> None:
    """Of either kind: workers elsewhere call by the address by which they reach the server."""
    (address,) = free_addresses(1, host)
    assert split_address(address)[0] == host
    assert is_here(address)
    assert not_listening([address]) == [address]
    with listen(host, split_address(address)[1]) as listening:
        assert address_of(listening) == address
        assert not_listening([address]) == []


@pytest.mark.parametrize(
    ("listens", "asked", "is_heard"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1", "127.0.0.2", False),
        ("127.0.0.2", "127.0.0.1", False),
        ("0.0.0.0", "127.0.0.3", True),
        ("::1", "127.0.0.1", False),
        ("127.0.0.1", "::1", False),
        ("::", "::1", True),
    ],
)
def test_who_listens_at_the_same_port_of_another_address_is_not_meant(
    listens: str, asked: str, *, is_heard: bool
) -> None:
    """Whoever else is on this machine has ports of their own at theirs."""
    with listen(listens) as listening:
        port = split_address(address_of(listening))[1]
        address = f"[{asked}]:{port}" if ":" in asked else f"{asked}:{port}"
        assert not_listening([address]) == ([] if is_heard else [address])


def test_a_peer_on_another_machine_is_not_waited_for() -> None:
    """Whether it listens stands in the tables of that machine."""
    assert not is_here("192.0.2.1:7000")
    began = time.monotonic()
    await_listening(["192.0.2.1:7000", "[2001:db8::1]:7000"])
    assert time.monotonic() - began < 1
