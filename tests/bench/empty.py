"""An empty flow of the engine: a source that has nothing, a sink that takes nothing, recovery."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from typing_extensions import override

_REST = timedelta(seconds=1)


class _Nothing(StatefulSourcePartition[bytes, int]):
    """Has nothing, and is asked again after as long as an epoch lasts."""

    @override
    def next_batch(self) -> list[bytes]:
        return []

    @override
    def next_awake(self) -> datetime:
        return datetime.now(UTC) + _REST

    @override
    def snapshot(self) -> int:
        return 0


class _Source(FixedPartitionedSource[bytes, int]):
    @override
    def list_parts(self) -> list[str]:
        return ["nothing"]

    @override
    def build_part(self, step_id: str, for_part: str, resume_state: int | None) -> _Nothing:
        return _Nothing()


class _Discard(StatelessSinkPartition[bytes]):
    @override
    def write_batch(self, items: list[bytes]) -> None:
        return


class _Sink(DynamicSink[bytes]):
    @override
    def build(self, step_id: str, worker_index: int, worker_count: int) -> _Discard:
        return _Discard()


flow = Dataflow("empty")
op.output("sink", op.input("source", flow, _Source()), _Sink())
