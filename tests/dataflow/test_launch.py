"""What the flow's process is started with: written at one end, read at the other."""

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow.kafka_config import KafkaConfig
from dataflow.launch import PROCESS, SECRET_VARIABLE, Launch, read_launch
from dataflow.logs import FORMATS, LEVELS, Logs
from dataflow.topics import STARTS, Topics

words = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)
numbers = st.integers(0, 2**62)
launches = st.builds(
    Launch,
    generation=words.map(Path),
    lock=words.map(Path),
    hub=words,
    secret=words,
    execution=numbers,
    groups=numbers,
    snapshot_interval=st.floats(0, 1e6),
    logs=st.builds(Logs, st.sampled_from(LEVELS), st.sampled_from(FORMATS)),
    worker=numbers,
    addresses=st.lists(words, max_size=3).map(tuple),
    topics=st.none()
    | st.builds(
        Topics,
        servers=words,
        names=st.lists(words, min_size=1, max_size=3).map(tuple),
        start=st.sampled_from(STARTS),
        config=st.builds(KafkaConfig, st.none() | words.map(Path)),
    ),
    hub_ca=st.none() | words.map(Path),
)


@given(launches)
def test_what_one_end_writes_the_other_reads(launch: Launch) -> None:
    """Whatever the folder is called, to the last digit of a number."""
    command = launch.command()
    assert read_launch(command[command.index(PROCESS) + 1 :], launch.environment({})) == launch


@given(launches)
def test_the_secret_stands_in_the_environment_alone(launch: Launch) -> None:
    """A command line can be read by every user of the machine."""
    launch = launch._replace(secret="a secret")
    assert launch.environment({"HOME": "/"})[SECRET_VARIABLE] == "a secret"
    assert not any("a secret" in word for word in launch.command())


def test_the_code_is_found_before_what_the_environment_names() -> None:
    """The flow of this Cartwatch runs, whatever else is installed."""
    launch = Launch(Path("g"), Path("l"), "hub", "s", 1, 1, math.pi)
    search = launch.environment({"PYTHONPATH": "/other"})["PYTHONPATH"].split(":")
    assert search == [str(Path(__file__).parents[2]), "/other"]


def test_a_start_by_hand_is_refused_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """Without the secret of a server it could never publish."""
    launch = Launch(Path("g"), Path("l"), "hub", "s", 1, 1, 1.0)
    command = launch.command()
    with pytest.raises(SystemExit):
        read_launch(command[command.index(PROCESS) + 1 :], {})
    assert f"{SECRET_VARIABLE} is not set" in capsys.readouterr().err
