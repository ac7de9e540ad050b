"""web/elsewhere/messages.py: what goes over the control socket, and what is no word of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow.logs import Logs
from web.elsewhere.messages import (
    Alive,
    ControlError,
    Ended,
    FromAgent,
    FromServer,
    Hello,
    Prepare,
    Prepared,
    Reach,
    Reached,
    Refused,
    Start,
    Stop,
    Unable,
    Waits,
    decode_from_agent,
    decode_from_server,
    encode,
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
numbers = st.integers(-(2**31), 2**31)
places = st.lists(texts, max_size=3).map(tuple)
from_agent = (
    st.builds(Hello, texts, texts, texts)
    | st.just(Alive())
    | st.builds(Prepared, numbers, texts)
    | st.builds(Reached, numbers, places)
    | st.builds(Unable, numbers, texts)
    | st.builds(Ended, numbers, numbers)
)
from_server = (
    st.builds(Refused, texts)
    | st.builds(Waits, texts)
    | st.builds(Prepare, numbers)
    | st.builds(Reach, numbers, places)
    | st.builds(Stop, numbers)
    | st.builds(
        Start,
        turn=numbers,
        worker=numbers,
        addresses=places,
        execution=numbers,
        secret=texts,
        groups=numbers,
        snapshot_interval=st.floats(0, 60),
        log_level=texts,
        log_format=texts,
    )
)


@given(from_agent)
def test_what_an_agent_says_is_what_the_server_hears(message: FromAgent) -> None:
    """Whatever stands in it."""
    assert decode_from_agent(encode(message)) == message


@given(from_server)
def test_what_the_server_says_is_what_an_agent_hears(message: FromServer) -> None:
    """Whatever stands in it."""
    assert decode_from_server(encode(message)) == message


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"type": "bye"}', '{"type": "hello"}', "[" * 10_000, b"\xff", "1"],
)
def test_anything_else_is_refused_in_words(text: str | bytes) -> None:
    """At either end: it is no word of this socket."""
    with pytest.raises(ControlError, match="is no word of an agent"):
        decode_from_agent(text)
    with pytest.raises(ControlError, match="is no word of a server"):
        decode_from_server(text)


def test_an_agent_takes_no_orders_from_an_agent() -> None:
    """Each end knows only the words of the other."""
    with pytest.raises(ControlError):
        decode_from_agent(encode(Prepare(1)))
    with pytest.raises(ControlError):
        decode_from_server(encode(Alive()))


def test_a_start_says_how_its_worker_is_to_tell_what_goes_on() -> None:
    """As the workers of the server's machine do."""
    start = Start(1, 2, (), 3, "secret", 128, 1.0, "info", "json")
    assert start.logs == Logs("info", "json")
