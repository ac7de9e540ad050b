"""How the publishing of completed orders stands, and what is told of it."""

from __future__ import annotations

import pytest

from tests.kit.clock import Clock
from web.http.api.described.flow_shapes import CompletedTopic
from web.topic.publication import (
    AT_LEAST_ONCE,
    CONNECTING,
    EXACTLY_ONCE,
    FAILING,
    MODES,
    OFF,
    PUBLISHING,
    STATES,
    Publication,
    Standing,
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def publication(clock: Clock) -> Publication:
    made = Publication("done", clock)
    made.begin("1")
    return made


def test_what_is_off_is_nothing() -> None:
    """No topic, no time, no figure."""
    told = Standing().describe(5)
    assert told["state"] == OFF
    assert {value for name, value in told.items() if name != "state"} == {None, 0}


def test_a_failure_lasts_until_something_succeeds(publication: Publication, clock: Clock) -> None:
    """From its first moment on, whatever fails meanwhile; a new producer alone ends none."""
    assert publication.standing.state == CONNECTING
    publication.opened(EXACTLY_ONCE, None, 0, 0)
    assert not publication.caught_up()
    clock.now = 1_010.0
    assert publication.waits("no answer")
    clock.now = 1_020.0
    assert not publication.failed("no answer")
    assert publication.failed("no such topic")
    publication.opened(EXACTLY_ONCE, None, 0, 0)
    standing = publication.standing
    assert (standing.state, standing.since, standing.failures) == (FAILING, 1_010.0, 2)
    clock.now = 1_030.0
    assert publication.published(3, 7)
    standing = publication.standing
    assert (standing.state, standing.since, standing.error) == (PUBLISHING, 1_030.0, None)
    assert (standing.position, standing.done, standing.messages) == (7, 3, 3)


def test_what_is_not_in_the_topic_is_counted_in_orders(publication: Publication) -> None:
    """Of those that have completed; nobody knows before the topic was heard of."""
    assert publication.standing.lag(9) is None
    publication.opened(EXACTLY_ONCE, None, 40, 5)
    assert publication.standing.lag(9) == 4
    publication.published(4, 60)
    assert publication.standing.lag(9) == 0


def test_what_a_reset_takes_is_counted(publication: Publication) -> None:
    """All that the topic lacks; where nobody knows that, all that there was."""
    assert publication.left(9) == 9
    publication.begin("2")
    publication.opened(EXACTLY_ONCE, None, 40, 5)
    assert publication.left(7) == 2
    publication.begin("3")
    told = publication.standing.describe(0)
    assert (told["generation"], told["lost"], told["position"]) == ("3", 11, None)


def test_it_is_said_in_a_sentence(publication: Publication) -> None:
    """With the promise, why it is no more, and what is to go."""
    assert publication.standing.message(2) == "Topic done is being connected to."
    publication.opened(AT_LEAST_ONCE, "the broker has no transactions", 4, 1)
    publication.caught_up()
    assert publication.standing.message(2) == (
        "Topic done has all completed orders but 1, at least once, as the broker has no"
        " transactions: repeats have the same generation and seq."
    )
    publication.opened(EXACTLY_ONCE, None, 4, 2)
    assert publication.standing.message(2) == (
        "Topic done has all completed orders, exactly once, for who reads committed messages alone."
    )
    publication.failed("the broker does not answer")
    assert publication.standing.message(3) == (
        "Topic done gets no completed orders: the broker does not answer. It is tried again;"
        " 1 order to go."
    )


def test_it_is_told_in_words_that_are_known(publication: Publication) -> None:
    """The API names them."""
    publication.opened(EXACTLY_ONCE, None, 0, 0)
    publication.published(1, 2)
    told = publication.standing.describe(1)
    assert told["state"] in STATES
    assert told["mode"] in MODES
    assert list(told) == list(CompletedTopic.__annotations__)
    assert told["since"] == told["published_at"] == "1970-01-01T00:16:40.000Z"
