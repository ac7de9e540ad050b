"""Data flows one way, and the imports prove it."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOW = sorted((ROOT / "dataflow").glob("*.py"))
PURE = (
    *("cart", "chunks", "key_group", "messages", "outbox", "pieces", "records", "sample"),
    "synthetic",
)
SHELLS = ("bytewax", "sqlite3", "socket", "starlette", "uvicorn", "websockets")


def imported(path: Path) -> set[str]:
    """Name every module that a file imports, wherever in it, in full."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            names.add(node.module or "")
    return names


def packages(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imported(path)}


@pytest.mark.parametrize("path", FLOW, ids=lambda path: path.stem)
def test_the_flow_knows_nothing_of_the_web(path: Path) -> None:
    """The flow runs without the server: started elsewhere, with another source and sink."""
    assert not packages(path) & {"web", "tests", "starlette", "uvicorn", "jinja2"}


@pytest.mark.parametrize("name", PURE)
def test_the_core_knows_no_engine_no_database_and_no_socket(name: str) -> None:
    """Parsing, rules, messages and bookkeeping are pure, through everything that they import."""
    waiting, seen = [name], set()
    while waiting:
        module = waiting.pop()
        if module in seen:
            continue
        seen.add(module)
        path = ROOT / "dataflow" / f"{module}.py"
        assert not packages(path) & set(SHELLS), module
        waiting += [
            each.removeprefix("dataflow.")
            for each in imported(path)
            if each.startswith("dataflow.")
        ]


SERVER = """
import sys, web.cli, web.http.app, web.rebuild, web.server
print(*(name for name in sys.modules if name.split(".")[0] in ("bytewax", "dataflow")))
"""


def test_the_server_builds_no_flow() -> None:
    """The flow is another process: of the engine, the server knows how its store is made."""
    loaded = subprocess.run(
        [sys.executable, "-c", SERVER], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout.split()
    assert {name for name in loaded if name.startswith("bytewax")} <= {
        "bytewax",
        "bytewax._bytewax",
        "bytewax.recovery",
    }
    assert not {"dataflow.flow", "dataflow.process", "dataflow.steps"} & set(loaded)


def test_the_oracle_shares_nothing_with_what_it_judges() -> None:
    """A rule that was misread once must not be misread again by the same lines."""
    assert packages(ROOT / "tests" / "kit" / "oracle.py") <= {
        "collections",
        "dataclasses",
        "json",
        "typing",
    }


@pytest.mark.parametrize("path", FLOW, ids=lambda path: path.stem)
def test_nothing_happens_on_import(path: Path) -> None:
    """A module's top level only defines; the engine's ``flow`` is the one exception."""
    for node in ast.parse(path.read_bytes()).body:
        assert not isinstance(node, ast.For | ast.While | ast.With | ast.Try), path.name
        if isinstance(node, ast.Expr):
            assert isinstance(node.value, ast.Constant), f"{path.name}: line {node.lineno}"
