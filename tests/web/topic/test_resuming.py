"""Where the publishing of a feed goes on."""

from __future__ import annotations

from web.topic.resuming import BEGIN, Position, resume

FIVE, NINE = Position(5, "five"), Position(9, "nine")


def test_what_the_broker_says_counts() -> None:
    """It was committed with the messages; the copy may be older."""
    assert resume(NINE, None, is_empty=False) == (NINE, None)
    assert resume(NINE, FIVE, is_empty=False) == (NINE, None)


def test_a_broker_that_has_lost_messages_gets_them_again() -> None:
    """It has lost the position with them, and it is said."""
    resumed = resume(FIVE, NINE, is_empty=False)
    assert resumed.position == FIVE
    assert "orders behind seq 5 are published again" in (resumed.warning or "")


def test_nothing_is_known_of_a_new_topic() -> None:
    """It gets the whole feed; where it is empty again, too."""
    assert resume(None, None, is_empty=True) == (Position(0, BEGIN), None)
    resumed = resume(None, NINE, is_empty=True)
    assert resumed.position == Position(0, BEGIN)
    assert "all are published again" in (resumed.warning or "")


def test_a_position_that_the_broker_has_forgotten_is_kept_with_the_data() -> None:
    """Kafka drops what nobody renews for a week; where it keeps none at all, that is no news."""
    resumed = resume(None, NINE, is_empty=False)
    assert resumed.position == NINE
    assert "it goes on behind seq 9" in (resumed.warning or "")
    assert resume(None, NINE, is_empty=False, is_asked=False) == (NINE, None)
