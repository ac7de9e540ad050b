"""The flow's socket by whatever comes: without the right nothing opens, with it nothing breaks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import psutil
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from dataflow.messages import Welcome, encode_message, join_messages
from dataflow.pieces import LAST_PIECE, MAX_MESSAGE_BYTES, MORE_PIECES, split_batch
from dataflow.sample import SAMPLE
from tests.kit.entries import taken
from tests.kit.hub_server import HubServer, hub_server
from tests.kit.running import Cartwatch
from tests.web.flow.test_publish import hear, hear_to_the_end, hear_until, publisher

BOUNDED: Final = settings(max_examples=20)
SECRETS: Final = st.one_of(
    st.none(),
    st.sampled_from(["", "Bearer", "Bearer ", "Basic x", "bearer x", f"Bearer {'x' * 43}"]),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=60),
)


def batch_of(*offsets: int) -> bytes:
    return join_messages([encode_message(taken(offset, 1)) for offset in offsets])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cartwatch]:
    with Cartwatch(tmp_path_factory.mktemp("publish") / "data") as server:
        server.upload_in(server.upload(SAMPLE.read_bytes()), "done")
        server.settled()
        yield server
        server.stop()


@pytest.fixture(scope="module")
def addresses(server: Cartwatch) -> list[str]:
    """Where the server listens: for everybody, and for its flow."""
    listening = psutil.Process(server.pid).net_connections()
    ports = {each.laddr.port for each in listening if each.status == psutil.CONN_LISTEN}
    assert len(ports) >= 2
    assert urlsplit(server.url).port in ports
    return [f"ws://127.0.0.1:{port}/ws/publish" for port in sorted(ports)]


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with hub_server() as hub:
        hub.point.expect(7)
        yield hub


def facts(server: Cartwatch) -> list[Any]:
    stats = server.get("/api/stats")
    figures = {name: stats[name] for name in ("carts", "unpaid", "paid", "events", "skipped")}
    starts = server.get("/api/recovery")["total"]
    return [figures, starts, server.get("/api/carts")["items"], server.get("/api/skipped")]


@BOUNDED
@given(SECRETS, st.one_of(st.none(), st.integers(-1, 9).map(str), st.text(max_size=9)))
@example(None, None)
@example("Bearer ", "1")
def test_nobody_publishes_to_the_real_program_without_the_secret(
    server: Cartwatch, addresses: list[str], secret: str | None, execution: str | None
) -> None:
    """At neither of its addresses, before a socket opens; no figure is another one behind it."""
    before = facts(server)
    query = "" if execution is None else urlencode({"execution": execution})
    headers = {} if secret is None else {"Authorization": secret}
    for address in addresses:
        url = f"{address}?{query}"
        with (
            pytest.raises(InvalidStatus) as refused,
            connect(url, additional_headers=headers, proxy=None),
        ):
            pass
        assert refused.value.response.status_code in (403, 404)
    assert facts(server) == before
    assert server.errors() == ""


PIECES: Final = st.one_of(
    st.binary(max_size=40),
    st.binary(max_size=40).map(lambda data: MORE_PIECES + data),
    st.sampled_from([b"", b"\2", b"\xff", MORE_PIECES + bytes(MAX_MESSAGE_BYTES)]),
    st.text(max_size=20),
)


@BOUNDED
@given(st.lists(PIECES, min_size=1, max_size=5))
def test_pieces_that_are_none_are_refused_and_cut_ones_are_let_go(
    pieces: list[bytes | str],
) -> None:
    """By 1009 and a reason; whatever came before, the next publisher is welcome and heard."""
    # A last piece ends a batch, which would be held for one that the flow has sent.
    said = [each for each in pieces if not (isinstance(each, bytes) and each[:1] == LAST_PIECE)]
    with hub_server() as hub:
        hub.point.expect(7)
        with publisher(hub) as socket:
            assert hear(socket) == Welcome(0)
            try:
                for piece in said:
                    socket.send(piece)
                if any(isinstance(each, str) or each[:1] != MORE_PIECES for each in said):
                    hear_to_the_end(socket)
            except ConnectionClosed as closed:
                code = 1009 if closed.rcvd is None else closed.rcvd.code
                assert code == 1009, said
        with publisher(hub) as socket:
            assert hear(socket) == Welcome(0)
            socket.send(LAST_PIECE + batch_of(1))
            hear_until(socket, 1)
        assert hub.messages == [taken(1, 1)]


@BOUNDED
@given(st.permutations(range(1, 5)), st.integers(1, 60), st.integers(0, 4))
def test_batches_in_any_order_and_cut_anywhere_are_taken_whole_or_not_at_all(
    order: list[int], most: int, gone_after: int
) -> None:
    """What its publisher took along counts for nothing; each other one is there once."""
    with hub_server() as hub:
        hub.point.expect(7)
        with publisher(hub) as socket:
            assert hear(socket) == Welcome(0)
            for offset in order[:gone_after]:
                for piece in cut(batch_of(offset), most):
                    socket.send(piece)
            if gone_after < len(order):
                socket.send(MORE_PIECES + batch_of(order[gone_after])[:most])
            hear_until(socket, gone_after)
        with publisher(hub) as socket:
            assert hear(socket) == Welcome(gone_after)
            for offset in order[gone_after:]:
                for piece in split_batch(batch_of(offset)):
                    socket.send(piece)
            hear_until(socket, len(order))
        assert hub.messages == [taken(offset, 1) for offset in order]


def cut(batch: bytes, most: int) -> Iterator[bytes]:
    """Cut a batch into pieces of so many bytes."""
    for start in range(0, len(batch), most):
        is_last = start + most >= len(batch)
        yield (LAST_PIECE if is_last else MORE_PIECES) + batch[start : start + most]
