"""The properties of a client of Kafka, read from a file that may hold secrets."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from dataflow.kafka_config import (
    OURS,
    KafkaConfig,
    KafkaConfigError,
    read_kafka_config,
    require_kafka,
)

SECRET = "s3cr3t=#of ours"


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "kafka.properties"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_file_holds_a_property_a_line(tmp_path: Path) -> None:
    """Space around a name and a value does not count; a value may hold what begins a comment."""
    text = f"\ufeff# ours\r\n\n  security.protocol = SASL_SSL \nsasl.password={SECRET}\n"
    config = read_kafka_config(written(tmp_path, text))
    assert config.properties == {"security.protocol": "SASL_SSL", "sasl.password": SECRET}


def test_a_client_is_made_of_the_file_and_of_what_is_ours(tmp_path: Path) -> None:
    """What is ours comes last; a person may name the client."""
    config = read_kafka_config(written(tmp_path, "client.id=shop\nlinger.ms=9\n"))
    assert config.settings("k:9092", {"group.id": "g", "linger.ms": 0}) == {
        "bootstrap.servers": "k:9092",
        "client.id": "shop",
        "group.id": "g",
        "linger.ms": 0,
    }
    assert KafkaConfig().settings("k:9092", {})["client.id"] == "cartwatch"


@pytest.mark.parametrize("name", sorted(OURS))
def test_what_is_ours_is_refused(tmp_path: Path, name: str) -> None:
    """The command line says it, or a promise rests on it."""
    path = written(tmp_path, f"# a comment\n{name}={SECRET}\n")
    with pytest.raises(KafkaConfigError) as refused:
        read_kafka_config(path)
    assert str(refused.value) == (
        f"{path}, line 2 sets {name}, which Cartwatch sets itself: remove the line"
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"linger.ms=1\n{SECRET.replace('=', ' ')}\n", "line 2 is not name=value: "),
        (f"={SECRET}\n", "line 1 is not name=value: "),
        (f"sasl password {SECRET}\n", "line 1 is not name=value: "),
        ("linger.ms=\n", "line 1 gives linger.ms no value"),
        ("linger.ms=1\n\nlinger.ms=2\n", "line 3 sets linger.ms, which line 1 does: "),
        (f"sasl.password={SECRET}".encode() + b"\xff\n", "line 1 is not UTF-8: "),
        (b"#" * 70_000, " is over 65536 bytes: "),
    ],
)
def test_a_malformed_file_is_a_sentence_without_its_secrets(
    tmp_path: Path, text: str | bytes, why: str
) -> None:
    """It names the file, and the line where there is one."""
    path = written(tmp_path, text)
    with pytest.raises(KafkaConfigError) as refused:
        read_kafka_config(path)
    assert str(path) in str(refused.value)
    assert why in str(refused.value)
    assert "s3cr3t" not in str(refused.value)


def test_a_file_that_cannot_be_read_is_a_sentence_that_says_why(tmp_path: Path) -> None:
    """It is not there, or a folder."""
    for path, why in ((tmp_path / "no", "no such file"), (tmp_path, "is a directory")):
        with pytest.raises(KafkaConfigError, match=f"--kafka-config cannot be read: {path}: {why}"):
            read_kafka_config(path)


def test_no_secret_is_shown(tmp_path: Path) -> None:
    """Whoever prints it, or an error that holds it, shows none."""
    config = read_kafka_config(written(tmp_path, f"sasl.password={SECRET}\n"))
    assert "s3cr3t" not in repr(config)
    assert "s3cr3t" not in str(config.refused(ValueError(f"bad value {SECRET!r}")))


@pytest.mark.parametrize(
    "line", ["no.such.property=s3cr3t", "socket.timeout.ms=s3cr3t", "security.protocol=s3cr3t"]
)
def test_what_librdkafka_refuses_is_said_with_its_line(tmp_path: Path, line: str) -> None:
    """It knows its properties; its own sentences quote values."""
    kafka = pytest.importorskip("confluent_kafka", reason="the extra kafka is not installed")
    config = read_kafka_config(written(tmp_path, f"\n{line}\n"))
    with pytest.raises(kafka.KafkaException) as error:
        kafka.Producer(config.settings("127.0.0.1:1", {}))
    refused = str(config.refused(error.value))
    assert refused.startswith(f"{config.path}, line 2: ")
    assert line.partition("=")[0] in refused
    assert "s3cr3t" not in refused


def test_a_missing_client_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what to install."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(KafkaConfigError, match=r"extra kafka, .*pip install '\.\[kafka\]'"):
        require_kafka()
