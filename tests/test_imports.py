"""Data flows one way, and the imports prove it."""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]

FLOORS: Final = (
    {"errors", "histogram", "memory", "numbers", "settings", "tasks", "version", "words"},
    {"data"},
    {"view", "proof"},
    {"elsewhere"},
    {"intake", "flow", "history", "access", "topic"},
    {"live"},
    {"service"},
    {"http"},
    {"commands"},
    {"__main__"},
)
"""The rooms of ``web/``, the ground first. A room knows those below it, and none beside it."""

MOST_DEEP: Final = 14
"""How many files of ``web/`` the longest chain of imports may hold."""

PURE: Final = (
    *(
        "dataflow.backlog",
        "dataflow.cart",
        "dataflow.chunks",
        "dataflow.correction",
        "dataflow.file_kind",
    ),
    "dataflow.key_group",
    *(
        "dataflow.kafka_config",
        "dataflow.launch",
        "dataflow.messages",
        "dataflow.signatures",
        "dataflow.sample",
    ),
    *("dataflow.drawing", "dataflow.outbox", "dataflow.pieces", "dataflow.records"),
    *("dataflow.runs", "dataflow.times", "web.histogram", "web.service.metering"),
    *("dataflow.stopwatch", "dataflow.synthetic", "dataflow.upload"),
    *("web.access.access", "web.access.attempts", "web.access.forwarded", "web.access.hosts"),
    *("web.access.login", "web.access.networks", "web.access.sessions", "web.access.tokens"),
    *("web.elsewhere.addresses", "web.elsewhere.messages", "web.elsewhere.roster"),
    *("web.flow.agreement", "web.flow.start_log", "web.flow.state"),
    "web.flow.watchdog",
    *("web.intake.bulk_asked", "web.intake.replacement", "web.view.skipped_filter"),
    "web.view.skipped_kinds",
    *("web.history.clock", "web.history.delays", "web.history.points", "web.history.timeline"),
    *("web.intake.description", "web.intake.lineup", "web.intake.pace"),
    *("web.intake.run_ahead", "web.intake.tally", "web.intake.upload_states"),
    *("web.proof.comparison", "web.proof.facts", "web.proof.report", "web.proof.roll_call"),
    "web.proof.gone",
    *("web.proof.stored_cart", "web.proof.verdict"),
    *("web.live.frames", "web.live.hub", "web.live.row_change", "web.http.turnstile"),
    *("web.service.drawing", "web.service.gate", "web.view.changed_carts", "web.view.key_range"),
    *("web.http.pages.far_words", "web.http.pages.visitor"),
    *("web.topic.publication", "web.topic.resuming"),
    *("web.view.page", "web.view.totals", "web.view.windows"),
)
SHELLS: Final = {
    *("bytewax", "httptools", "jinja2", "multiprocessing", "python_multipart", "socket"),
    *("sqlite3", "starlette", "subprocess", "uvicorn", "uvloop", "websockets"),
}
"""Engine, sockets, processes, databases and frameworks: a pure module reaches none of them."""


SERVER: Final = """
import sys, web.commands.cli, web.commands.rebuild, web.commands.serve, web.http.app
print(*(name for name in sys.modules if name.split(".")[0] in ("bytewax", "dataflow")))
"""


def files(package: str) -> list[str]:
    """Name every module of a package."""
    names = []
    for path in sorted((ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        names.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return names


def path_of(name: str) -> Path:
    """Find the file of a module."""
    path = ROOT.joinpath(*name.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@cache
def imported(name: str) -> frozenset[str]:
    """Name every module that a module imports, wherever in it, in full."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path_of(name).read_bytes())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: imports are absolute here"
            module = node.module or ""
            inner = {f"{module}.{alias.name}" for alias in node.names}
            found = {each for each in inner if is_module(each)}
            names |= found
            if len(found) < len(inner):
                names.add(module)
    return frozenset(names)


def is_module(name: str) -> bool:
    return name.split(".")[0] in ("dataflow", "web", "tests") and path_of(name).exists()


def packages(name: str) -> set[str]:
    return {each.split(".")[0] for each in imported(name)}


def room_of(name: str) -> str:
    """Name the room of a module of ``web``; the module itself where it stands in none."""
    return name.split(".")[1] if "." in name else ""


def floor_of(room: str) -> int:
    (floor,) = [at for at, rooms in enumerate(FLOORS) if room in rooms]
    return floor


@cache
def depth(name: str) -> tuple[str, ...]:
    """Give the longest chain of imports inside ``web/`` that begins with a module."""
    chains = [depth(each) for each in imported(name) if each.startswith("web.") and each != name]
    return (name, *max(chains, key=len, default=()))


@pytest.mark.parametrize("name", files("web"))
def test_a_room_imports_only_from_the_rooms_below_it(name: str) -> None:
    """Commands, HTTP, service, live, intake and flow, view, data, the ground: downward only."""
    if name == "web":
        assert not imported(name)
        return
    room = room_of(name)
    for other in imported(name):
        if other.startswith("web."):
            below = floor_of(room_of(other)) < floor_of(room)
            assert below or room_of(other) == room, f"{name} imports {other}"


def test_no_chain_of_imports_is_too_deep() -> None:
    """Nor is there a ring, which would have no end."""
    chain = max((depth(name) for name in files("web")), key=len)
    assert len(chain) <= MOST_DEEP, " → ".join(chain)


@pytest.mark.parametrize("name", files("dataflow"))
def test_the_flow_knows_nothing_of_the_web(name: str) -> None:
    """The flow runs without the server: started elsewhere, with another source and sink."""
    assert not packages(name) & {"web", "tests", "starlette", "uvicorn", "jinja2"}


@pytest.mark.parametrize("name", files("web"))
def test_the_program_knows_nothing_of_its_tests(name: str) -> None:
    """Nor do they come with it."""
    assert "tests" not in packages(name)


@pytest.mark.parametrize("name", PURE)
def test_a_pure_module_reaches_no_engine_no_database_and_no_socket(name: str) -> None:
    """Rules, bookkeeping and messages are pure, through everything that they import."""
    waiting, seen = [name], set()
    while waiting:
        module = waiting.pop()
        if module in seen:
            continue
        seen.add(module)
        assert not packages(module) & SHELLS, f"{name} reaches {packages(module) & SHELLS}"
        waiting += [each for each in imported(module) if is_module(each)]


def test_the_server_builds_no_flow() -> None:
    """The flow is another process: of the engine, the server knows how its store is made."""
    loaded = subprocess.run(
        [sys.executable, "-c", SERVER], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout.split()
    assert {name for name in loaded if name.startswith("bytewax")} <= {
        *("bytewax", "bytewax._bytewax", "bytewax.errors", "bytewax.recovery"),
    }
    assert not {"dataflow.flow", "dataflow.process", "dataflow.steps"} & set(loaded)


def test_the_oracle_shares_nothing_with_what_it_judges() -> None:
    """A rule that was misread once must not be misread again by the same lines."""
    assert packages("tests.kit.oracle") <= {"collections", "dataclasses", "json", "typing"}


@pytest.mark.parametrize("name", files("web/proof"))
def test_the_proof_shares_nothing_with_what_it_judges(name: str) -> None:
    """It reads the journal as that is read, tells a record as all do, and joins on its own."""
    shared = {"dataflow.faults", "dataflow.launch", "dataflow.parent"}
    shared |= {"dataflow.journal", "dataflow.records", "dataflow.times", "web.data.paths"}
    # Topics are read as they are read, in the order that was decided.
    shared |= {
        "dataflow.kafka_config",
        "dataflow.kafka_again",
        "dataflow.kafka_reader",
        "dataflow.kafka_watch",
    }
    shared |= {"dataflow.kafka_partition", "dataflow.topics"}
    shared |= {"dataflow.messages", "dataflow.order_log"}
    # What is damage, and what is left to do then, is told as everywhere.
    shared |= {"dataflow.database", "dataflow.journal_errors", "web.data.journal_file"}
    for other in imported(name):
        if is_module(other) and not other.startswith("web.proof"):
            assert other in shared, f"{name} imports {other}"


@pytest.mark.parametrize("name", [*files("dataflow"), *files("web")])
def test_nothing_happens_on_import(name: str) -> None:
    """A module's top level only defines; the engine's ``flow`` is the one exception."""
    if name == "web.__main__":
        return
    for node in ast.parse(path_of(name).read_bytes()).body:
        assert not isinstance(node, ast.For | ast.While | ast.With | ast.Try), name
        if isinstance(node, ast.Expr):
            assert isinstance(node.value, ast.Constant), f"{name}: line {node.lineno}"
