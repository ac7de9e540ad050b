"""The start of a proof's process: its command line and environment, written and read here."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from dataflow.launch import finding_this_code, take_topic_words, topic_words
from dataflow.topics import Topics, configured
from web.data.paths import Paths, read_facts

PROCESS: Final = "web.proof.process"


def command(paths: Paths, topics: Topics | None = None) -> list[str]:
    """Give the words that start it; nothing is imported from the folder it is started in.

    What was read of ``topics`` is read again there.
    """
    words = topic_words(topics)
    return [sys.executable, "-P", "-m", PROCESS, f"--generation={paths.folder}", *words]


def environment(paths: Paths, environ: Mapping[str, str]) -> dict[str, str]:
    """Give the environment that it is started in: its temporary files lie with the data."""
    return {**finding_this_code(environ), "SQLITE_TMPDIR": str(paths.folder)}


def read_launch(words: Sequence[str]) -> tuple[Paths, Topics | None]:
    """Read the words behind the module's name; raises ``FolderError`` where no generation is.

    And ``KafkaConfigError`` where the file of the topics' client cannot be read, and
    ``SystemExit``, with a sentence on stderr, for anything else.
    """
    parser = argparse.ArgumentParser(
        prog=PROCESS, description="Hold a view to its journal.", allow_abbrev=False
    )
    parser.add_argument("--generation", type=Path, required=True)
    options, topics = take_topic_words(parser, words)
    folder = options["generation"]
    return Paths(folder, read_facts(folder, folder.name)), configured(topics)
