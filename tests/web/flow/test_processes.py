"""web/flow/processes.py: the workers of one start, here and elsewhere, end together."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from dataflow.launch import Launch
from dataflow.parent import CHANGED
from dataflow.peers import free_addresses, listen, split_address
from web.elsewhere.far_worker import FarWorker
from web.elsewhere.messages import FromServer, Start, Stop
from web.flow.processes import Processes

pytestmark = pytest.mark.anyio
LASTING = (sys.executable, "-c", "import time; time.sleep(60)")
PEER_IS_GONE = (sys.executable, "-c", "raise SystemExit(1)")


class Far:
    """A worker elsewhere, what its agent was told, and how often it was blamed."""

    def __init__(self, host: str = "barn") -> None:
        self.said: list[FromServer] = []
        self.blamed: list[bool] = []
        self.worker = FarWorker(host, 7, "10.0.0.2:7000", self.said.append, self.blamed.append)


async def process(words: tuple[str, ...] = LASTING) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(*words)


def launch(*addresses: str) -> Launch:
    return Launch(Path("g"), Path("l"), "hub", "secret", 3, 128, 0.5, addresses=addresses)


async def test_where_one_elsewhere_is_lost_all_end() -> None:
    """And it is said which; its agent has gone, which speaks against it by itself."""
    far, here = Far(), await process()
    running = Processes([here], [far.worker])
    waiting = asyncio.create_task(running.wait())
    far.worker.lost("is gone")
    assert (await waiting).why == "the worker on barn is gone"
    assert here.returncode == -signal.SIGKILL
    assert far.blamed == []


async def test_where_one_elsewhere_is_killed_it_is_the_cause_though_others_end_first() -> None:
    """They end by a cut connection within a tenth of a second, and its word comes over a net."""
    far, other, here = Far(), Far("attic"), await process(PEER_IS_GONE)
    waiting = asyncio.create_task(Processes([here], [far.worker, other.worker]).wait())
    await here.wait()
    other.worker.ended(1)
    far.worker.ended(-signal.SIGKILL)
    assert (await waiting).why == "the worker on barn ended: killed by SIGKILL"
    assert (far.blamed, other.blamed) == ([False], [])


async def test_where_one_here_is_killed_nobody_elsewhere_is_blamed() -> None:
    """They are stopped, and may tell of their own end: it is no cause."""
    far, here = Far(), await process()
    waiting = asyncio.create_task(Processes([here], [far.worker]).wait())
    here.kill()
    far.worker.ended(1)
    assert (await waiting).why == "killed by SIGKILL"
    assert far.blamed == []


async def test_where_one_here_is_killed_it_is_the_cause_though_another_is_seen_to_end_first() -> (
    None
):
    """The others end by it, and the system tells of who ends together in no order."""
    first, second = await process(PEER_IS_GONE), await process()
    waiting = asyncio.create_task(Processes([first, second]).wait())
    await first.wait()
    await asyncio.sleep(0.05)
    second.kill()
    assert (await waiting).why == "killed by SIGKILL"


async def test_a_flow_that_met_changed_records_would_end_so_again() -> None:
    """And it is the cause, though others end before."""
    words = (sys.executable, "-c", f"raise SystemExit({CHANGED})")
    changed, other = await process(words), await process(PEER_IS_GONE)
    end = await Processes([other, changed]).wait()
    assert end.is_final
    assert "from a copy" in end.why


async def test_those_elsewhere_begin_when_those_here_can_be_called() -> None:
    """With what of a launch concerns them: no path of this machine."""
    far, here = Far(), await process()
    (address,) = free_addresses(1)
    running = Processes([here], [far.worker])
    beginning = asyncio.create_task(running.begin_elsewhere(launch(address, "10.0.0.2:7000")))
    done, _ = await asyncio.wait([beginning], timeout=0.1)
    assert not done
    assert far.said == []
    with listen(*split_address(address)):
        await beginning
    addresses = (address, "10.0.0.2:7000")
    usual = ("warning", "text")
    assert far.said == [Start(7, 1, addresses, 3, "secret", 128, 0.5, *usual)]
    assert len(running) == 2
    await running.end()
    assert far.said[1:] == [Stop(7)]


async def test_where_one_here_ends_at_once_nobody_elsewhere_is_waited_for() -> None:
    """It is over before it has begun."""
    far, here = Far(), await process(PEER_IS_GONE)
    await Processes([here], [far.worker]).begin_elsewhere(launch(*free_addresses(1)))
    assert far.said == []


async def test_who_is_told_to_end_is_told_once() -> None:
    """However often all are killed; one that is lost has nobody to be told."""
    far, lost, here = Far(), Far(), await process()
    running = Processes([here], [far.worker, lost.worker])
    lost.worker.lost("is gone")
    assert running.kill()
    await running.end()
    assert not running.kill()
    assert (far.said, lost.said) == ([Stop(7)], [])


async def test_a_start_that_never_came_up_is_blamed_on_all_elsewhere() -> None:
    """Nobody knows which it was: those of this machine come up alone next."""
    far, other = Far(), Far()
    running = Processes([], [far.worker, other.worker])
    running.blame_elsewhere(at_once=True)
    running.blame_elsewhere(at_once=False)
    assert far.blamed == other.blamed == [True, False]
