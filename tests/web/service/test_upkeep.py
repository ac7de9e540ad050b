"""What looks after a flow and its data: state and view are compared when both speak of the same."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from dataflow.messages import Figures
from web.flow.state import RUNNING
from web.service import upkeep
from web.service.upkeep import Upkeep
from web.view.totals import Counted

pytestmark = pytest.mark.anyio
LESS, MORE = Figures(carts=1), Figures(carts=2)


class Stage:
    """A view that has eight events of a key group, and a flow whose state has seven of them."""

    def __init__(self) -> None:
        self.waiting = 1
        self.looks = 0
        self.reads_at = 0
        self.totals = SimpleNamespace(accepted=lambda: {1: 8})
        self.committer = SimpleNamespace(turn=asyncio.Lock())
        self.carts = SimpleNamespace(begin_audit=self._begin_audit)
        everything: Any = self
        nothing: Any = SimpleNamespace(state=RUNNING, changed=lambda: None)
        self.upkeep = Upkeep(
            everything,
            nothing,
            nothing,
            folder=nothing,
            supervisor=nothing,
            received=lambda: 0,
            write_starts=nothing,
            epoch_s=1.0,
        )
        self.upkeep.agreement.begin([(1, 7, LESS)])

    async def _begin_audit(self) -> asyncio.Future[Counted]:
        self.looks += 1
        if self.looks == self.reads_at:
            self.upkeep.agreement.told({1: (8, MORE)})
        counted = asyncio.get_running_loop().create_future()
        counted.set_result(Counted({1: MORE}, 0))
        return counted


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setattr(upkeep, "_DOUBT_S", 0.0)
    return Stage()


async def test_what_a_slow_flow_has_still_to_read_again_is_no_difference(stage: Stage) -> None:
    """However long it takes to begin: it is looked at until there is something to compare."""
    stage.reads_at = 5
    assert await stage.upkeep.check() is None
    assert stage.looks == stage.reads_at + 1  # figures are taken before the view is counted
    assert stage.upkeep.agreement.alarm is None


async def test_a_flow_that_has_nothing_to_read_lacks_what_the_view_has(stage: Stage) -> None:
    """A difference is looked at twice, and told."""
    stage.waiting = 0
    assert "state and view differ in 1 of 1 key groups" in (await stage.upkeep.check() or "")
    assert stage.looks == 2


async def test_under_load_a_flow_that_never_reads_it_is_told_in_the_end(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is always something to read then."""
    monkeypatch.setattr(upkeep, "_LONGEST_DOUBT_S", 0.05)
    monkeypatch.setattr(upkeep, "_DOUBT_S", 0.01)
    assert "state and view differ" in (await stage.upkeep.check() or "")
    assert stage.looks > 2
