"""The compose file: what it asks of Cartwatch is what Cartwatch takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import yaml

from web.commands.cli import cartwatch

ROOT: Final = Path(__file__).parents[1]


def composed() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / ".compose.yaml").read_text())
    return found


def options() -> dict[str, Any]:
    """Read the service's command line as the command does."""
    name, *words = composed()["services"]["cartwatch"]["command"]
    return cartwatch.commands[name].make_context("cartwatch", words).params


def test_its_command_line_is_understood() -> None:
    assert options()["names"] == ("orders",)


def test_the_topics_that_it_names_are_made_before() -> None:
    services = composed()["services"]
    (script,) = services["topics"]["command"]
    for name in (*options()["names"], options()["completed_topic"]):
        assert f" {name}:4" in script
    waits_for = services["cartwatch"]["depends_on"]["topics"]["condition"]
    assert waits_for == "service_completed_successfully"


def test_its_broker_is_reached_by_the_name_that_it_tells() -> None:
    told = composed()["services"]["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]
    assert told == f"PLAINTEXT://{options()['kafka']}"


def test_all_that_the_image_is_made_of_is_there() -> None:
    recipe = composed()["services"]["cartwatch"]["build"]["dockerfile_inline"]
    copied = [
        word
        for line in recipe.splitlines()
        if line.startswith("COPY")
        for word in line.split()[1:-1]
    ]
    assert {"dataflow", "web", "static", "templates"} < set(copied)
    assert all((ROOT / each).exists() for each in copied)


def test_what_is_kept_is_where_it_is_written() -> None:
    services = composed()["services"]
    assert services["cartwatch"]["volumes"] == [f"data:{options()['data']}"]
    kept = services["kafka"]["environment"]["KAFKA_LOG_DIRS"]
    assert services["kafka"]["volumes"] == [f"kafka:{kept}"]
