"""Wrong tries: ten a minute from one address."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.kit.clock import Clock
from web.access.attempts import MOST, MOST_ADDRESSES, WITHIN_S, Attempts


def test_the_tenth_wrong_try_of_a_minute_is_the_last_one() -> None:
    """Until the first of them is a minute ago."""
    clock = Clock()
    attempts = Attempts(clock)
    for _ in range(MOST):
        assert attempts.seconds_to_wait("a") == 0
        attempts.failed("a")
        clock.now += 1
    assert attempts.seconds_to_wait("a") == WITHIN_S - MOST
    assert attempts.seconds_to_wait("b") == 0
    clock.now += WITHIN_S - MOST
    assert attempts.seconds_to_wait("a") == 0


@given(st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 30)), max_size=200))
def test_no_minute_has_more_than_ten_wrong_tries_and_no_address_pays_for_another(
    tries: list[tuple[str, float]],
) -> None:
    """However they are spread over time and addresses."""
    clock = Clock()
    attempts, alone = Attempts(clock), {each: Attempts(clock) for each in "ab"}
    made: dict[str, list[float]] = {"a": [], "b": []}
    for address, pause in tries:
        clock.now += pause
        waits = attempts.seconds_to_wait(address)
        assert waits == alone[address].seconds_to_wait(address)
        recent = [at for at in made[address] if at > clock.now - WITHIN_S]
        assert (waits > 0) == (len(recent) >= MOST)
        if not waits:
            attempts.failed(address)
            alone[address].failed(address)
            made[address].append(clock.now)


def test_what_is_remembered_is_bounded() -> None:
    """The address that tried longest ago is forgotten, and not the one that tries all the time."""
    clock = Clock()
    attempts, tried = Attempts(clock), 0
    for number in range(3 * MOST_ADDRESSES):
        if not attempts.seconds_to_wait("busy"):
            attempts.failed("busy")
            tried += 1
        attempts.failed(f"{number}")
        clock.now += WITHIN_S / MOST_ADDRESSES
    assert attempts.statistics() == {"addresses": MOST_ADDRESSES}
    assert tried == 3 * MOST
