"""The sink: everything arrives once and in order, whatever happens to its socket."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from math import inf

import pytest
from websockets.sync.client import connect

from dataflow.drawing import PUBLISH
from dataflow.hub_sink import BATCH_BYTES, HubPartition, HubSink
from dataflow.messages import Barrier, Busy, Figures, Message, RecordsSkipped, Started, Taken
from dataflow.outbox import MAX_BYTES
from dataflow.pieces import MAX_MESSAGE_BYTES
from dataflow.records import INVALID_JSON, Skipped
from dataflow.steps import Restored
from dataflow.workers import part_of
from tests.kit.entries import taken
from tests.kit.hub_server import WITHIN_S, HubServer, hub_server


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with hub_server() as hub:
        yield hub


@pytest.fixture
def sink(hub: HubServer) -> Iterator[HubPartition]:
    sink = HubPartition(hub.url, hub.point.expect(3), 3)
    yield sink
    sink.close()


def large(number: int, size: int) -> Message:
    raw = Skipped(number, INVALID_JSON, "x", None, "é" * (size // 2), False)
    return RecordsSkipped(taken(number, 1), number, 0, [raw], 0, number)


def test_the_barrier_returns_when_everything_is_committed(
    hub: HubServer, sink: HubPartition
) -> None:
    """An epoch is only ever complete when the view has it."""
    hub.open.clear()
    ended = threading.Event()

    def end_epoch() -> None:
        sink.write_batch([taken(1, 1), taken(2, 1)])
        sink.snapshot()
        ended.set()

    thread = threading.Thread(target=end_epoch)
    thread.start()
    assert not ended.wait(0.1)
    assert hub.messages == []
    hub.open.set()
    assert ended.wait(WITHIN_S)
    thread.join()
    assert hub.messages == [taken(1, 1), taken(2, 1), Barrier()]


def test_other_work_is_done_while_the_barrier_waits(hub: HubServer) -> None:
    """Again and again, while there is some; it is begun before anything is committed.

    It is not counted as the sink's own.
    """
    hub.open.clear()
    seen: list[list[Message]] = []
    worked: list[float] = []

    def meanwhile() -> bool:
        began = time.perf_counter()
        seen.append(hub.messages)
        if len(seen) == 3:
            hub.open.set()
        worked.append(time.perf_counter() - began)
        return len(seen) < 3

    with closing(HubPartition(hub.url, hub.point.expect(3), 3, meanwhile=meanwhile)) as sink:
        sink.write_batch([taken(1, 1)])
        before = sink._stopwatch.tell().seconds[PUBLISH]
        began = time.perf_counter()
        sink.snapshot()
        passed = time.perf_counter() - began
        own = sink._stopwatch.tell().seconds[PUBLISH] - before
    assert seen[:3] == [[], [], []]
    assert hub.messages == [taken(1, 1), Barrier()]
    assert own <= passed - sum(worked)


def test_a_message_larger_than_a_websocket_message_arrives_whole(
    hub: HubServer, sink: HubPartition
) -> None:
    """In pieces of at most 1 MiB, at the very bounds too."""
    sizes = (BATCH_BYTES, MAX_MESSAGE_BYTES - 64, MAX_MESSAGE_BYTES, 3 * MAX_MESSAGE_BYTES + 1)
    sent = [large(number, size) for number, size in enumerate(sizes)]
    sink.write_batch([taken(0, 1), *sent, taken(9, 1)])
    sink.snapshot()
    assert hub.messages == [taken(0, 1), *sent, taken(9, 1), Barrier()]


@pytest.mark.parametrize("cuts", [[1], [2, 1], [1, 1, 1], [3, 4, 2], [6]])
def test_a_socket_that_is_cut_in_mid_stream_loses_and_repeats_nothing(
    hub: HubServer, sink: HubPartition, cuts: list[int]
) -> None:
    """It connects again and goes on behind what the hub has received; pieces of a batch too."""
    hub.cut_after = list(cuts)
    sent: list[Message] = []
    for number in range(8):
        batch = [large(number, 2 * MAX_MESSAGE_BYTES if number % 3 == 0 else 10), taken(number, 1)]
        sink.write_batch(batch)
        sent += batch
        if number % 4 == 3:
            sink.snapshot()
            sent.append(Barrier())
    assert hub.messages == sent
    assert hub.connections == len(cuts) + 1
    assert hub.cut_after == []


def test_without_a_hub_it_waits_and_nothing_is_dropped() -> None:
    """The flow stops reading; once the hub is there everything comes."""
    with hub_server() as gone:
        url = gone.url
    sink = HubPartition(url, "secret", 1)
    thread = threading.Thread(target=sink.write_batch, args=([taken(1, 1)],), daemon=True)
    thread.start()
    thread.join(0.1)
    assert thread.is_alive()
    with hub_server() as hub:
        sink._url = f"{hub.url}?execution=1"
        sink._secret = hub.point.expect(1)
        thread.join(WITHIN_S)
        sink.snapshot()
        assert hub.messages == [taken(1, 1), Barrier()]
        sink.close()


def test_a_hub_that_does_not_commit_stops_the_flow_at_the_bound(
    hub: HubServer, sink: HubPartition
) -> None:
    """Memory is bounded on both sides; when commits go on, so does the flow."""
    hub.open.clear()
    sent = [large(number, BATCH_BYTES) for number in range(MAX_BYTES // BATCH_BYTES * 4)]
    thread = threading.Thread(target=sink.write_batch, args=(sent,))
    thread.start()
    thread.join(0.3)
    assert thread.is_alive()
    assert sink._outbox.statistics()["bytes"] < MAX_BYTES + 2 * BATCH_BYTES
    hub.open.set()
    thread.join(WITHIN_S)
    sink.snapshot()
    assert hub.messages == [*sent, Barrier()]


def test_a_connection_that_says_nothing_is_left_alone(hub: HubServer) -> None:
    """Closing a sink that never wrote, or twice, raises nothing: the engine could not bear it."""
    idle = HubPartition(hub.url, "x", 1)
    idle.close()
    idle.close()
    with pytest.raises(Exception, match="403"), connect(hub.url, proxy=None):
        pass


@pytest.mark.parametrize("workers", [1, 2, 3, 16])
def test_the_sink_has_sixteen_partitions_for_ever(workers: int) -> None:
    """The engine finds them by their names at any start, whatever the workers were before.

    Each stands with one worker, which publishes by the one of its own number.
    """
    sinks = [
        HubSink(lambda: HubPartition("ws://127.0.0.1:1/ws/publish", "secret", 1), worker, workers)
        for worker in range(workers)
    ]
    names = [name for sink in sinks for name in sink.list_parts()]
    assert sorted(names) == [f"{part:03}" for part in range(16)]
    for worker, sink in enumerate(sinks):
        assert sorted(names)[sink.part_fn(part_of(worker))] == part_of(worker)
        made = {name: sink.build_part("publish", name, None) for name in sink.list_parts()}
        in_use = [name for name, part in made.items() if isinstance(part, HubPartition)]
        assert in_use == [part_of(worker)]


def test_a_partition_that_is_not_in_use_keeps_quiet() -> None:
    """A worker of an earlier start left a snapshot of it; messages for it are nobody's."""
    sink = HubSink(lambda: HubPartition("ws://127.0.0.1:1/ws/publish", "secret", 1), 0, 2)
    idle = sink.build_part("publish", "004", 0)
    assert idle.snapshot() == 0
    with pytest.raises(RuntimeError, match="a worker that there is not"):
        idle.write_batch([taken(1, 1)])
    idle.close()


def test_a_start_is_told_with_what_was_restored_here(hub: HubServer) -> None:
    """The source knows where the flow goes on, and each worker what came back to it."""
    restored = Restored()
    hub.point.expect(4, workers=2)
    sink = HubPartition(hub.url, hub.point.secret, 4, restored=restored, worker=1)
    with closing(sink):
        restored.groups.append((5, 4, Figures(carts=3)))
        sink.write_batch([Started(17, [], 1)])
        sink.snapshot()
    assert hub.messages == [Started(17, [(5, 4, Figures(carts=3))], 1), Barrier(1)]


def test_the_hub_hears_how_long_the_steps_have_worked(
    hub: HubServer, sink: HubPartition, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With every barrier, and within a long epoch now and then; the sink's own time is in it."""
    told_every_s = "dataflow.stopwatch.TOLD_EVERY_S"
    monkeypatch.setattr(told_every_s, inf)
    sink.write_batch([taken(1, 1)])
    assert sink._stopwatch.tell().seconds[PUBLISH] > 0
    sink.snapshot()
    monkeypatch.setattr(told_every_s, 0)
    sink.write_batch([taken(2, 1)])
    monkeypatch.setattr(told_every_s, inf)
    sink.write_batch([taken(3, 1)])
    sink.snapshot()
    kinds = [type(message) for message in hub.everything]
    assert kinds == [Taken, Busy, Barrier, Taken, Busy, Taken, Busy, Barrier]
