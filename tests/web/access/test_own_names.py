"""The names of this machine."""

from __future__ import annotations

import socket
import threading

import pytest

from web.access import own_names


def test_a_machine_is_known_by_its_name_with_and_without_its_domain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In lower case, as names are compared."""
    monkeypatch.setattr(socket, "gethostname", lambda: "VM.example.com")
    assert own_names.host_names() == {"vm.example.com", "vm"}
    monkeypatch.setattr(socket, "gethostname", lambda: "")
    assert own_names.host_names() == set()


def test_nobody_waits_for_the_full_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may take the network long, or for ever: it is told once it is known."""
    answered, learnt = threading.Event(), list[str]()

    def slow() -> str:
        answered.wait(20)
        return "VM.example.com"

    monkeypatch.setattr(socket, "getfqdn", slow)
    asking = own_names.look_up_full_name(learnt.append)
    assert asking.daemon
    assert learnt == []
    answered.set()
    asking.join(20)
    assert learnt == ["vm.example.com"]
