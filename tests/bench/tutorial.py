"""The tutorial's cart join, plainly as it describes it: what the throughput is compared with.

``BENCH_FILE=… python -m bytewax.run "tests.bench.tutorial:flow" -r DIR -s 1 -b 0``
"""

import json
import os
from dataclasses import dataclass, field
from typing import Any

import bytewax.operators as op
from bytewax.connectors.files import FileSource
from bytewax.connectors.stdio import StdOutSink
from bytewax.dataflow import Dataflow

FILE_VARIABLE = "BENCH_FILE"


@dataclass
class CartState:
    """The orders of one user, in two lists."""

    unpaid_order_ids: list[Any] = field(default_factory=list)
    paid_order_ids: list[Any] = field(default_factory=list)


def deserialize(line: str) -> dict[str, Any] | None:
    """Read a record; what is none is reported and skipped."""
    try:
        record: dict[str, Any] = json.loads(line)
        _ = record["user_id"], record["type"], record["order_id"]
    except (ValueError, KeyError, TypeError, RecursionError):
        print(f"Skipping invalid data: {line[:80]}")
        return None
    return record


def join(state: CartState | None, record: dict[str, Any]) -> tuple[CartState, dict[str, list[Any]]]:
    """Apply a record to a cart and summarise it."""
    if state is None:
        state = CartState()
    order_id = record["order_id"]
    if record["type"] == "order":
        state.unpaid_order_ids.append(order_id)
    elif order_id in state.unpaid_order_ids:  # an early or repeated payment would end the flow
        state.unpaid_order_ids.remove(order_id)
        state.paid_order_ids.append(order_id)
    summary = {
        "paid_order_ids": list(state.paid_order_ids),
        "unpaid_order_ids": list(state.unpaid_order_ids),
    }
    return state, summary


def tutorial_flow(path: str) -> Dataflow:
    """Build the tutorial's flow over a file."""
    flow = Dataflow("tutorial")
    lines = op.input("lines", flow, FileSource(path))
    records = op.filter_map("deserialize", lines, deserialize)
    keyed = op.key_on("user", records, lambda record: str(record["user_id"]))
    summaries = op.stateful_map("join", keyed, join)
    text = op.map("format", summaries, lambda item: f"Final summary for user {item[0]}: {item[1]}")
    op.output("print", text, StdOutSink())
    return flow


flow = tutorial_flow(os.environ.get(FILE_VARIABLE, os.devnull))
