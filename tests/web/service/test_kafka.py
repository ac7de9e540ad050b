"""How the reading of topics stands, as the API tells it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from dataflow.messages import TopicsRead
from dataflow.order_log import Loss, OrderLog, make_order_log
from dataflow.topics import Topics
from web.service.kafka import STOPPED, Kafka


def test_what_was_in_the_way_before_a_loss_is_not_told_beside_it(tmp_path: Path) -> None:
    """The flow is down by then, and its last word is of before."""
    path = tmp_path / "order.db"
    make_order_log(path, 1)
    with closing(OrderLog(path)) as log:
        partition = log.add_partition("pay", 0, 0, None)
        kafka = Kafka(Topics("127.0.0.1:9092", ("pay",)), log)
        kafka.told(TopicsRead([], None, ["the topic 'pay' cannot be read: it is unknown"]))
        assert kafka.describe()["state"] != STOPPED
        assert kafka.describe()["message"] == "The topic 'pay' cannot be read: it is unknown."
        log.lose(Loss(partition.number, 5, 8, "pay/0 ends at offset 1", 0.0))
        told = kafka.describe()
        assert (told["state"], told["message"]) == (STOPPED, None)
        assert told["lost"][0]["reason"] == "pay/0 ends at offset 1"
        log.forget_losses()
        assert kafka.describe()["state"] != STOPPED
