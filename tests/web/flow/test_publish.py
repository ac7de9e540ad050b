"""The flow's socket at the hub, spoken to by a plain client."""

from collections.abc import Iterator

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from dataflow.messages import (
    Answer,
    Barrier,
    Committed,
    Welcome,
    decode_answer,
    encode_message,
    join_messages,
)
from dataflow.pieces import LAST_PIECE, MAX_MESSAGE_BYTES, MORE_PIECES
from tests.kit.entries import taken
from tests.kit.hub_server import WITHIN_S, HubServer, hub_server
from tests.kit.running import until


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with hub_server() as hub:
        hub.point.expect(7)
        yield hub


def publisher(
    hub: HubServer,
    secret: str | None = None,
    execution: int | str = 7,
    worker: int | str | None = None,
) -> ClientConnection:
    token = hub.point.secret if secret is None else secret
    of_worker = "" if worker is None else f"&worker={worker}"
    return connect(
        f"{hub.url}?execution={execution}{of_worker}",
        additional_headers={"Authorization": f"Bearer {token}"},
        compression=None,
        proxy=None,
    )


def hear(socket: ClientConnection) -> Answer:
    return decode_answer(socket.recv(timeout=WITHIN_S, decode=False))


def hear_until(socket: ClientConnection, batch: int) -> None:
    while (word := hear(socket)) != Committed(batch):
        assert isinstance(word, Committed)
        assert word.batch < batch


def hear_to_the_end(socket: ClientConnection) -> None:
    while True:
        socket.recv(timeout=WITHIN_S)


def positions(*offsets: int) -> bytes:
    return LAST_PIECE + join_messages([encode_message(taken(offset, 1)) for offset in offsets])


def test_a_publisher_is_welcomed_and_its_batches_are_acknowledged_when_durable(
    hub: HubServer,
) -> None:
    """Not before the commit; one word may stand for several batches."""
    with publisher(hub) as socket:
        assert hear(socket) == Welcome(0)
        hear_until(socket, 0)
        hub.open.clear()
        for offset in (1, 2, 3):
            socket.send(positions(offset))
        with pytest.raises(TimeoutError):
            socket.recv(timeout=0.05)
        hub.open.set()
        hear_until(socket, 3)
    assert hub.messages == [taken(1, 1), taken(2, 1), taken(3, 1)]


@pytest.mark.parametrize(
    ("secret", "execution"),
    [("wrong", 7), ("", 7), ("é", 7), (None, 6), (None, 8), (None, "x"), (None, "07")],
)
def test_a_wrong_secret_or_execution_is_refused(
    hub: HubServer, secret: str | None, execution: int | str
) -> None:
    """Before the socket opens: an older flow that still lives cannot write either."""
    token = None if secret is None else secret.encode().decode("latin-1")
    with pytest.raises(InvalidStatus) as refused, publisher(hub, token, execution):
        pass
    assert refused.value.response.status_code == 403
    assert hub.messages == []


def test_nobody_can_publish_before_a_flow_is_expected() -> None:
    """An empty secret is no secret."""
    with hub_server() as hub:
        for execution in (0, 1):
            with pytest.raises(InvalidStatus), publisher(hub, "", execution):
                pass


def test_a_newer_publisher_closes_the_older_and_goes_on_behind_it(hub: HubServer) -> None:
    """It hears how many batches the hub has; what the older one says afterwards is not heard."""
    with publisher(hub) as older:
        assert hear(older) == Welcome(0)
        older.send(positions(1))
        hear_until(older, 1)
        with publisher(hub) as newer:
            assert hear(newer) == Welcome(1)
            with pytest.raises(ConnectionClosed) as closed:
                hear_to_the_end(older)
            assert closed.value.rcvd is not None
            assert "newer publisher" in closed.value.rcvd.reason
            newer.send(positions(2))
            hear_until(newer, 2)
    assert hub.messages == [taken(1, 1), taken(2, 1)]


def test_a_newer_publisher_hears_of_the_commits_of_what_the_older_one_sent(hub: HubServer) -> None:
    """It is welcomed at once, behind what was received, and nothing counts as durable before."""
    with publisher(hub) as older:
        hear(older)
        older.send(positions(1))
        hear_until(older, 1)
        hub.open.clear()
        older.send(positions(2))
        until(lambda: hub.point.received == 2)
        with publisher(hub) as newer:
            assert hear(newer) == Welcome(2)
            assert hear(newer) == Committed(1)
            newer.send(positions(3))
            with pytest.raises(TimeoutError):
                newer.recv(timeout=0.1)
            hub.open.set()
            hear_until(newer, 3)
    assert hub.messages == [taken(1, 1), taken(2, 1), taken(3, 1)]


def test_each_worker_publishes_by_itself_and_hears_of_its_own_batches() -> None:
    """What one has sent is nothing to the numbers of the other, nor is that it comes again."""
    with hub_server() as hub:
        hub.point.expect(7, workers=2)
        with publisher(hub, worker=0) as first, publisher(hub, worker=1) as second:
            assert hear(first) == hear(second) == Welcome(0)
            for offset in (1, 2):
                first.send(positions(offset))
            second.send(positions(3))
            hear_until(first, 2)
            hear_until(second, 1)
            with publisher(hub, worker=1) as again:
                assert hear(again) == Welcome(1)
                first.send(positions(4))
                hear_until(first, 3)
            assert hub.point.received == 4
    assert sorted(map(str, hub.messages)) == [str(taken(at, 1)) for at in (1, 2, 3, 4)]


@pytest.mark.parametrize("worker", [2, -1, "x", ""])
def test_a_worker_that_is_not_expected_is_refused(worker: int | str) -> None:
    """As one of an older execution is."""
    with hub_server() as hub:
        hub.point.expect(7, workers=2)
        with pytest.raises(InvalidStatus) as refused, publisher(hub, worker=worker):
            pass
        assert refused.value.response.status_code == 403


def test_a_new_execution_counts_its_batches_anew(hub: HubServer) -> None:
    """And the secret of the one before is worth nothing."""
    with publisher(hub) as socket:
        hear(socket)
        socket.send(positions(1))
        hear_until(socket, 1)
    old = hub.point.secret
    new = hub.point.expect(8)
    assert new != old
    with pytest.raises(InvalidStatus), publisher(hub, old, 8):
        pass
    with publisher(hub, new, 8) as socket:
        assert hear(socket) == Welcome(0)


@pytest.mark.parametrize("message", [b"", b"\0" * (MAX_MESSAGE_BYTES + 1), b"\2x"])
def test_a_message_out_of_bounds_closes_the_socket(hub: HubServer, message: bytes) -> None:
    """Messages are of at most 1 MiB, and never empty."""
    with publisher(hub) as socket:
        hear(socket)
        socket.send(message)
        with pytest.raises(ConnectionClosed) as closed:
            hear_to_the_end(socket)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009
    assert hub.messages == []


def test_a_batch_in_pieces_counts_when_its_last_piece_is_there(hub: HubServer) -> None:
    """A publisher that goes away before takes its half batch along."""
    batch = join_messages([encode_message(Barrier())])
    for complete in (False, True):
        with publisher(hub) as socket:
            assert hear(socket) == Welcome(0)
            socket.send(MORE_PIECES + batch[:3])
            socket.send(MORE_PIECES + batch[3:4])
            if complete:
                socket.send(LAST_PIECE + batch[4:])
                hear_until(socket, 1)
    assert hub.messages == [Barrier()]
