"""web/elsewhere/roster.py: who takes part, from when on, and how long who was lost has to stay."""

from collections.abc import Iterable

from web.elsewhere.roster import (
    FORGIVEN_S,
    LONGEST_SETTLE_S,
    LONGEST_STAY_S,
    SETTLE_S,
    Roster,
)

HERE = "10.0.0.1"


def roster(agents: Iterable[int] = (), most: int = 15) -> Roster:
    """Give one in which these agents take part since the time 0."""
    made = Roster(most)
    for agent in agents:
        made.came(agent, f"host {agent}", HERE, 0.0)
    made.take(0.0)
    return made


def test_who_comes_joins_when_a_second_has_passed_without_another() -> None:
    """Several that come together cost one start."""
    made = roster()
    made.came(1, "a", HERE, 0.0)
    assert made.joining(SETTLE_S / 2) == []
    made.came(2, "b", HERE, SETTLE_S / 2)
    assert made.joining(SETTLE_S) == []
    assert made.joining(1.5 * SETTLE_S) == [1, 2]
    assert made.take(1.5 * SETTLE_S) == [1, 2]
    assert made.joining(9.0) == []


def test_an_endless_row_of_comers_is_not_waited_for() -> None:
    """Five seconds after the first one those join who are there."""
    made = roster()
    for agent in range(20):
        made.came(agent, str(agent), HERE, agent / 2)
        joining = made.joining(agent / 2)
        assert bool(joining) == (agent / 2 >= LONGEST_SETTLE_S)


def test_a_start_that_is_made_for_another_reason_takes_whoever_is_there() -> None:
    """It would be ended a moment later for them."""
    made = roster()
    made.came(1, "a", HERE, 0.0)
    assert made.take(0.01) == [1]
    assert made.takes_part(1)


def test_who_is_lost_once_is_taken_again_as_anybody() -> None:
    """A crash in a while is nobody's fault."""
    made = roster([1])
    made.went(1, 10.0)
    made.came(2, "host 1", HERE, 11.0)
    assert made.joining(11.0 + SETTLE_S) == [2]


def test_who_keeps_coming_and_going_has_to_stay_longer_each_time() -> None:
    """Doubling, up to a minute: in ten minutes it has cost a dozen starts, and not hundreds."""
    made, now, stays = roster(), 0.0, []
    for agent in range(9):
        made.came(agent, "a", HERE, now)
        waited = 0.0
        while not made.joining(now + waited):
            waited += 0.5
        stays.append(waited - SETTLE_S)
        now += waited
        made.take(now)
        now += 1.0
        made.went(agent, now)
    assert stays == [0, 0, 2, 4, 8, 16, 32, LONGEST_STAY_S, LONGEST_STAY_S]


def test_who_goes_before_it_has_stayed_begins_its_time_again() -> None:
    """It is the time that it is connected which counts."""
    made = roster([1])
    for at in (1.0, 2.0, 3.0):
        made.went(1, at)
        made.came(1, "host 1", HERE, at)
        made.take(at)
    assert made.takes_part(1) is False
    made.came(1, "host 1", HERE, 4.5)
    assert made.joining(6.0) == []
    assert "lost 2 times and has to stay for 2 s" in made.why_it_waits(1, 6.0)
    assert made.joining(4.5 + 2 + SETTLE_S) == [1]


def test_who_was_steady_for_minutes_is_forgiven() -> None:
    """What was long ago says nothing of now."""
    made = roster([1])
    for at in (1.0, 2.0):
        made.went(1, at)
        made.came(1, "host 1", HERE, at)
        made.take(at + 10)
    made.went(1, 13 + FORGIVEN_S)
    made.came(1, "host 1", HERE, 14 + FORGIVEN_S)
    assert made.joining(14 + FORGIVEN_S + SETTLE_S) == [1]


def test_a_worker_that_ends_once_stays_in_and_one_that_does_again_waits() -> None:
    """Its agent is there: a second start for it is spared, unless it happens again."""
    made = roster([1, 2])
    made.failed(1, 10.0)
    assert made.take(10.0) == [1, 2]
    made.failed(1, 11.0)
    assert made.take(11.0) == [2]
    assert made.joining(13.0 + SETTLE_S) == [1]


def test_what_cannot_be_better_the_next_time_is_not_tried_at_once() -> None:
    """Where it cannot be called, say."""
    made = roster([1])
    made.failed(1, 10.0, at_once=True)
    assert made.take(10.0) == []
    assert made.joining(10.0 + SETTLE_S) == []
    made.failed(3, 10.0)  # it has gone meanwhile


def test_more_than_there_may_be_are_spare_and_take_the_place_of_one_that_goes() -> None:
    """In the order of their coming; those who take part are not moved by others."""
    made = roster([1, 2, 3], most=2)
    assert made.take(1.0) == [1, 2]
    assert made.joining(9.0) == []
    assert "as many workers as there may be" in made.why_it_waits(3, 9.0)
    made.went(1, 10.0)
    assert made.take(10.0) == [2, 3]
    assert not made.has_waiting


def test_all_have_to_reach_the_server_at_one_address() -> None:
    """Its own workers listen at one: that of the first agent, as long as that is there."""
    made = roster([1])
    made.came(2, "b", "10.9.0.1", 1.0)
    assert made.joining(9.0) == []
    assert made.why_it_waits(2, 9.0) == (
        "it reaches the server at 10.9.0.1, and the others reach it at 10.0.0.1: it has to be one"
        " address for all"
    )
    made.went(1, 10.0)
    assert made.why_it_waits(2, 10.0) == "it is taken in a moment"
    assert made.take(10.0) == [2]


def test_what_is_kept_of_those_who_went_has_a_bound() -> None:
    """Whatever they call themselves."""
    made = roster()
    for agent in range(2_000):
        made.came(agent, f"host {agent}", HERE, float(agent))
        made.take(float(agent))
        made.went(agent, float(agent))
    assert len(made._losses) == 1024
