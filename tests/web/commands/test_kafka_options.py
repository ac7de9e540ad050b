"""The options of Kafka: what goes together, and what is said where it does not."""

import sys
from pathlib import Path

import pytest

from web.commands.cli import main

BROKER = "--kafka=127.0.0.1:9"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--topic=orders"], "--topic goes with --kafka"),
        (["--kafka-from=latest"], "--kafka-from goes with --kafka"),
        ([BROKER], "--kafka goes with --topic"),
        (["--kafka=nobody", "--topic=orders"], "is no broker"),
        ([BROKER, "--topic=or ders"], "is no name of a topic"),
        ([BROKER, "--topic=orders", "--completed-topic=orders"], "would come back"),
        ([BROKER, "--completed-topic=done", "--kafka-from=latest"], "goes with --topic"),
    ],
)
def test_what_does_not_go_together_is_one_sentence(
    capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    """And status 2, before anything is made."""
    assert main(["serve", *options]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1


def test_without_the_extra_it_says_which_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Status 1, as for all that cannot be done here, and no traceback of a missing module."""
    monkeypatch.setitem(sys.modules, "confluent_kafka", None)
    assert main(["serve", BROKER, "--topic=orders"]) == 1
    assert "pip install '.[kafka]'" in capsys.readouterr().err


def test_a_file_that_cannot_be_read_is_one_sentence_and_status_1(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """As a token's file is."""
    assert main(["serve", BROKER, "--topic=orders", "--kafka-config=/nowhere/at/all"]) == 1
    assert "cannot be read: /nowhere/at/all" in capsys.readouterr().err


def test_a_secret_of_the_file_is_never_shown(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """What is wrong with a file is said by its line."""
    file = tmp_path / "kafka.properties"
    file.write_text("sasl.password=hunter2\nsasl.password=hunter3\n")
    assert main(["serve", BROKER, "--topic=orders", f"--kafka-config={file}"]) == 1
    told = capsys.readouterr().err
    assert "line 2" in told
    assert "hunter" not in told
