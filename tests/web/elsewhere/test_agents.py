"""web/elsewhere/agents.py: how a server treats agents that are not as they should be."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from dataflow.workers import MAX_WORKERS
from tests.kit.agent import PlayedAgent
from tests.kit.far_worker import places
from tests.kit.running import Cartwatch, until
from web.elsewhere.messages import (
    Alive,
    Ended,
    Hello,
    Prepare,
    Reach,
    Reached,
    Refused,
    Start,
    Stop,
    Unable,
    encode,
)
from web.version import version


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Cartwatch]:
    with Cartwatch(tmp_path / "data", "--snapshot-interval", "0.1") as server:
        server.settled()
        yield server
        server.stop()


def reasons(server: Cartwatch) -> list[str]:
    """Give the reasons of all starts, the first one first."""
    return [each["reason"] for each in reversed(server.get("/api/recovery")["history"])]


def waiting(server: Cartwatch, words: str) -> dict[str, Any]:
    """Wait until an agent is shown that waits for such a reason; gives it."""

    def look() -> dict[str, Any] | None:
        found = [each for each in places(server) if words in (each["because"] or "")]
        return found[0] if found else None

    return until(look)


def test_an_agent_of_another_version_is_refused_for_good(cartwatch: Cartwatch) -> None:
    """In a sentence with both versions: what they say to each other may differ."""
    with PlayedAgent(cartwatch, says=encode(Hello("0.0.0", "barn", "127.0.0.1"))) as agent:
        refused = agent.hear()
        assert isinstance(refused, Refused)
        assert f"this server is Cartwatch {version()}, and the worker is 0.0.0" in refused.why
        with pytest.raises(ConnectionClosed):
            agent.hear()
    assert places(cartwatch) == [{"worker": 0, "host": None, "heard_at": None, "because": None}]


@pytest.mark.parametrize("said", ["{", '{"type":"alive"}', "[]", "x" * 100_000])
def test_who_does_not_say_hello_is_no_agent(cartwatch: Cartwatch, said: str) -> None:
    """Its socket is closed, and nothing is restarted for it."""
    before = reasons(cartwatch)
    with PlayedAgent(cartwatch, says=said) as agent, pytest.raises(ConnectionClosed):
        agent.hear()
    assert reasons(cartwatch) == before


def test_an_agent_that_cannot_listen_waits_with_its_reason(server: Cartwatch) -> None:
    """The flow goes on without it, and it is tried again later, not at once."""
    with PlayedAgent(server) as agent:
        word = agent.until(Prepare)
        agent.send(Unable(word.turn, "its port is taken"))
        assert agent.until_waits("its port") == "its port is taken"
        assert waiting(server, "its port is taken")["host"] == "barn"
        server.settled()
        assert server.get("/api/dataflow")["workers"] == 1
        assert reasons(server) == ["the server was started"], "nothing is ended for nothing"
        agent.start()


def test_an_agent_that_cannot_call_the_others_is_left_out_of_the_start(server: Cartwatch) -> None:
    """Before anything is started: the engine would call in vain, for ever."""
    with PlayedAgent(server) as agent:
        agent.prepare()
        word = agent.until(Reach)
        assert [each.rpartition(":")[0] for each in word.addresses] == ["127.0.0.1"]
        agent.send(Reached(word.turn, word.addresses))
        assert f"it cannot call {word.addresses[0]}" in agent.until_waits("firewall")
        server.settled()
        assert server.get("/api/dataflow")["workers"] == 1


def test_an_agent_that_does_not_answer_is_let_go_and_the_flow_starts_without_it(
    server: Cartwatch,
) -> None:
    """After some seconds; it comes again, if it lives."""
    with PlayedAgent(server) as agent:
        agent.until(Prepare)
        with pytest.raises(ConnectionClosed) as closed:
            agent.until(Stop)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.reason == "it did not answer within 5 s"
    assert server.settled()["lag"] == 0
    assert server.get("/api/dataflow")["workers"] == 1


def test_an_answer_to_an_older_question_is_none(server: Cartwatch) -> None:
    """And so is the end of a worker of an older start."""
    with PlayedAgent(server) as agent:
        turn = agent.until(Prepare).turn
        agent.send(Unable(turn - 1, "late"))
        agent.send(Ended(turn - 1, 1))
        agent.send(Alive())
        agent.send(Unable(turn, "now"))
        assert agent.until_waits("") == "now"


def test_agents_that_come_together_cost_one_start(server: Cartwatch) -> None:
    """Named, with their hosts as they say them, but for what is no name of a host."""
    with PlayedAgent(server, "barn") as first, PlayedAgent(server, "<b>attic</b>\n") as second:
        for agent in (first, second, first, second):  # whether they could, and then in the start
            agent.prepare()
        assert len(first.reach().addresses) == 1
        assert len(second.reach().addresses) == 2
        until(lambda: len(reasons(server)) == 2)
        assert reasons(server)[1] == "workers on barn and -b-attic-b- joined"


def test_one_that_leaves_while_others_are_asked_costs_no_start(server: Cartwatch) -> None:
    """It could have listened, and is not there any more; the next one that comes is taken."""
    with PlayedAgent(server, "barn") as gone, PlayedAgent(server, "attic") as other:
        gone.prepare()
        word = other.until(Prepare)
        gone.close()
        until(lambda: len(places(server)) == 2)
        other.send(Unable(word.turn, "its port is taken"))
        waiting(server, "its port is taken")
        assert reasons(server) == ["the server was started"]
        with PlayedAgent(server, "shed") as next_one:
            next_one.start()


def test_a_secret_is_of_one_start_and_of_the_workers_elsewhere_alone(server: Cartwatch) -> None:
    """Nobody publishes on the public address as a worker of this machine, or of another start."""
    with PlayedAgent(server) as agent:
        start = agent.start()
        url = server.url.replace("http", "ws") + "/ws/publish"

        def opens(secret: str, execution: int, worker: int) -> bool:
            headers = {"Authorization": f"Bearer {secret}"}
            at = f"{url}?execution={execution}&worker={worker}"
            try:
                with connect(at, additional_headers=headers, proxy=None) as socket:
                    return bool(socket.recv(timeout=20))
            except InvalidStatus:
                return False

        assert start.worker == 1
        assert opens(start.secret, start.execution, 1)
        assert not opens(start.secret, start.execution, 0)
        assert not opens(start.secret, start.execution, 2)
        assert not opens(start.secret, start.execution - 1, 1)
        assert not opens("guessed", start.execution, 1)
        server.call("POST", "/api/flow/restart")
        agent.until(Stop)
        until(lambda: not opens(start.secret, start.execution, 1))


def test_spare_agents_are_told_so_and_take_the_place_of_one_that_goes(server: Cartwatch) -> None:
    """At most sixteen workers in all: fifteen are elsewhere, where no process is started."""
    with ThreadPoolExecutor(MAX_WORKERS) as threads, ExitStack() as opened:

        def come(host: str) -> PlayedAgent:
            return opened.enter_context(PlayedAgent(server, host))

        def takes_part(number: int) -> bool:
            """Whether so many do now; nobody is silent meanwhile."""
            for agent in there:
                agent.send(Alive())
            return [each["worker"] for each in places(server) if each["worker"]] == [
                *range(1, number + 1)
            ]

        there = [come(f"host-{number:02}") for number in range(MAX_WORKERS - 1)]
        for agent in there:
            threads.submit(agent.obey, Refused)
        until(lambda: takes_part(15))
        there.append(come("spare"))
        assert "as many workers as there may be, 15 of them" in there[-1].until_waits("as many")
        assert waiting(server, "as many workers")["host"] == "spare"
        there.pop(0).close()
        started = threads.submit(there[-1].obey, Start)
        until(lambda: takes_part(15) and started.done())
        assert started.result().worker == 15


def test_the_number_of_connected_agents_is_a_metric(server: Cartwatch) -> None:
    """Whether they take part or wait."""
    with PlayedAgent(server) as agent:
        agent.until(Prepare)
        assert b"\ncartwatch_flow_agents 1.0\n" in server.call("GET", "/metrics").body
    until(lambda: b"\ncartwatch_flow_agents 0.0\n" in server.call("GET", "/metrics").body)


@pytest.mark.parametrize("listens", ["0.0.0.0", "fe80::1", "barn", "", "::"])
def test_an_agent_that_nobody_could_call_is_refused_for_good(
    cartwatch: Cartwatch, listens: str
) -> None:
    """With what it can be given instead."""
    with PlayedAgent(cartwatch, says=encode(Hello(version(), "barn", listens))) as agent:
        refused = agent.hear()
        assert isinstance(refused, Refused)
        assert "give --listen the address by which they reach it" in refused.why
