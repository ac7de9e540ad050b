"""How topics are read, in words: for the view of the flow."""

from collections.abc import Mapping
from typing import Any

import msgspec

from web.service.kafka import CONNECTING, DOWN, OFF, READING, STOPPED

_WORDS = {
    OFF: "They are not read now.",
    CONNECTING: "The brokers {brokers} have not answered yet.",
    READING: "They are read from {brokers}.",
    DOWN: "The brokers {brokers} do not answer.",
    STOPPED: "Records are lost, and the flow stays down until a person decides to go on.",
}


def topics_words(kafka: Mapping[str, Any]) -> str:
    """Say how the reading stands, and what there is to know of it."""
    words = _WORDS[kafka["state"]].format(brokers=kafka["brokers"])
    if kafka["state"] in (STOPPED, DOWN) or kafka["message"] is None:
        return words
    is_all = kafka["state"] in (OFF, CONNECTING)
    return str(kafka["message"]) if is_all else f"{words} {kafka['message']}"


def loss_shown(loss: Mapping[str, Any]) -> str:
    """Give what has to be sent to give a loss up: as it is shown."""
    names = ("topic", "partition", "next", "go_on_at")
    return msgspec.json.encode({name: loss[name] for name in names}).decode()
