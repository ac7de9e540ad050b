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


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with hub_server() as hub:
        hub.point.expect(7)
        yield hub


def publisher(
    hub: HubServer, secret: str | None = None, execution: int | str = 7
) -> ClientConnection:
    token = hub.point.secret if secret is None else secret
    return connect(
        f"{hub.url}?execution={execution}",
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


def test_between_two_publishers_lies_a_commit(hub: HubServer) -> None:
    """A welcome comes when all that the older one sent is durable: repeats never meet in one."""
    with publisher(hub) as older:
        hear(older)
        older.send(positions(1))
        hear_until(older, 1)
        hub.open.clear()
        older.send(positions(2))
        with publisher(hub) as newer:
            with pytest.raises(TimeoutError):
                newer.recv(timeout=0.1)
            hub.open.set()
            welcome = hear(newer)
            assert isinstance(welcome, Welcome)
            newer.send(positions(2, 3))
            hear_until(newer, welcome.received + 1)
    last = hub.commits[-1]
    assert last == [taken(2, 1), taken(3, 1)]


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
