"""The tutorial's cart join, plainly as it describes it: what the throughput is compared with.

``BENCH_FILE=… python -m bytewax.run "tests.bench.tutorial:flow" -r DIR -s 1 -b 0``, and with
``BENCH_BROKER=… BENCH_TOPIC=…`` the same on a topic, as the tutorial says that it goes on.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import bytewax.operators as op
from bytewax.connectors.files import FileSource
from bytewax.connectors.stdio import StdOutSink
from bytewax.dataflow import Dataflow, Stream

FILE_VARIABLE = "BENCH_FILE"
BROKER_VARIABLE = "BENCH_BROKER"
TOPIC_VARIABLE = "BENCH_TOPIC"


@dataclass
class CartState:
    """The orders of one user, in two lists."""

    unpaid_order_ids: list[Any] = field(default_factory=list)
    paid_order_ids: list[Any] = field(default_factory=list)


def deserialize(line: str | bytes) -> dict[str, Any] | None:
    """Read a record; what is none is reported and skipped."""
    try:
        record: dict[str, Any] = json.loads(line)
        _ = record["user_id"], record["type"], record["order_id"]
    except (ValueError, KeyError, TypeError, RecursionError):
        print(f"Skipping invalid data: {line[:80]!r}")
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


def tutorial_flow(read: Callable[[Dataflow], Stream[str | bytes]]) -> Dataflow:
    """Build the tutorial's flow over what ``read`` gives."""
    flow = Dataflow("tutorial")
    records = op.filter_map("deserialize", read(flow), deserialize)
    keyed = op.key_on("user", records, lambda record: str(record["user_id"]))
    summaries = op.stateful_map("join", keyed, join)
    text = op.map("format", summaries, lambda item: f"Final summary for user {item[0]}: {item[1]}")
    op.output("print", text, StdOutSink())
    return flow


def _lines(flow: Dataflow) -> Stream[str | bytes]:
    return op.input("lines", flow, FileSource(os.environ.get(FILE_VARIABLE, os.devnull)))


def _messages(flow: Dataflow) -> Stream[str | bytes]:
    from bytewax.connectors.kafka import KafkaSource

    def value_of(message: Any) -> bytes:  # an error has ended the flow
        return message.value or b""

    brokers, topics = [os.environ[BROKER_VARIABLE]], [os.environ[TOPIC_VARIABLE]]
    return op.map("value", op.input("messages", flow, KafkaSource(brokers, topics)), value_of)


flow = tutorial_flow(_messages if TOPIC_VARIABLE in os.environ else _lines)
