"""web/view/workers.py: what is true of all workers of a start together."""

from dataflow.messages import Barrier, Figures, Started, Taken
from web.view.workers import Start, Workers


def taken(offset: int, worker: int) -> Taken:
    return Taken(offset, 1, 1, "", "api", 1, 1.0, worker)


def test_a_flow_has_started_when_its_last_worker_has() -> None:
    """What they restored is put together; told a second time, it is the same."""
    workers = Workers(2)
    one, other = (1, 5, Figures(carts=3)), (2, 6, Figures(carts=4))
    assert workers.started(Started(7, [one], 1)) is None
    for _ in range(2):
        started = workers.started(Started(7, [other], 0))
        assert started is not None
        assert (started.offset, sorted(started.groups), started.carts) == (7, [one, other], 7)


def test_what_a_worker_joins_before_another_has_started_is_told_with_the_start() -> None:
    """Else the figures of its groups would go back to those that it restored."""
    workers = Workers(2)
    workers.started(Started(7, [(1, 5, Figures(carts=3))], 0))
    workers.joined(1, 6, Figures(carts=4))
    workers.joined(3, 1, Figures(carts=1))
    started = workers.started(Started(7, [(2, 6, Figures(carts=4))], 1))
    assert started is not None
    assert started.carts == 7, "what it has restored, and not what it has made since"
    assert sorted(started.groups) == [
        (1, 6, Figures(carts=4)),
        (2, 6, Figures(carts=4)),
        (3, 1, Figures(carts=1)),
    ]


def test_a_flow_has_read_what_all_of_its_workers_have_heard_of() -> None:
    """One that has said where it goes on has heard of what came before that."""
    workers = Workers(2)
    workers.started(Started(3, [], 0))
    assert workers.taken(taken(4, 0)) is None
    workers.started(Started(3, [], 1))
    assert workers.taken(taken(5, 0)) == 3
    assert workers.taken(taken(4, 1)) == 4
    assert workers.taken(taken(9, 1)) == 5


def test_nothing_is_settled_before_the_last_worker_has_ended_an_epoch() -> None:
    """What it had heard of then counts, and not what came since."""
    workers = Workers(2)
    for worker in range(2):
        workers.started(Started(1, [], worker))
        workers.taken(taken(5, worker))
    assert workers.settled(Barrier(0)) is None
    workers.taken(taken(8, 0))
    assert workers.settled(Barrier(1)) == 5
    workers.taken(taken(8, 1))
    assert workers.settled(Barrier(1)) == 5
    assert workers.settled(Barrier(0)) == 8


def test_a_copy_hears_nothing_of_what_the_other_is_told() -> None:
    """So a commit that fails has changed nothing."""
    workers = Workers()
    workers.taken(taken(5, 0))
    copy = workers.copy()
    copy.taken(taken(9, 0))
    assert workers.settled(Barrier()) == 5
    assert copy.settled(Barrier()) == 9


def test_a_worker_alone_is_all_of_them() -> None:
    """As most flows are."""
    workers = Workers()
    started = Started(2, [(1, 5, Figures(carts=3))])
    assert workers.started(started) == Start(2, 3, started.groups)
    assert workers.taken(taken(6, 0)) == 6
    assert workers.settled(Barrier()) == 6
