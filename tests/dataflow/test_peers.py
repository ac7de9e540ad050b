"""dataflow/peers.py: where workers find each other, and when they can."""

import socket
import threading
import time

from dataflow.peers import await_listening, free_addresses


def test_each_worker_gets_an_address_of_its_own_where_nobody_listens() -> None:
    """On loopback: what they say to each other has no login."""
    addresses = free_addresses(16)
    assert len(set(addresses)) == 16
    for address in addresses:
        host, _, port = address.rpartition(":")
        assert host == "127.0.0.1"
        with socket.create_server((host, int(port))):
            pass


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
