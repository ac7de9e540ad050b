"""Every call of the real program, asked for what it takes by its description, and what not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import openapi_spec_validator
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS

from tests.fuzz.closed import BYTES, closed
from tests.kit.running import Cartwatch, until
from web.http.api.described.call import QUERY
from web.http.api.described.document import Operation, make_document, operations
from web.http.api.routes import ROUTES

MOST: Final = 8
OPERATIONS: Final = list(operations(ROUTES))
RIGHT, WRONG = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
DESTRUCTIVE: Final = ("postFlowRestart", "postReset", "getReadyz")
"""Asked at last and of a server of their own; that is not ready behind them, and says so."""

AS_TOLD: Final = (
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
STARTED: Final = b'{"user_id": "a/b", "type": "order", "order_id": 1}\nFAIL HERE\n'
BOUNDED: Final = settings(
    max_examples=MOST,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)


def ordinary(each: Operation) -> bool:
    return each.id not in DESTRUCTIVE


def takes_bytes(each: Operation) -> bool:
    body = each.description.body
    return body is not None and BYTES in body.content


def may_be_wrong(each: Operation) -> bool:
    """Whether something that is sent there can be what it must not: an id may be any text."""
    asked = any(each.place == QUERY for each in each.parameters)
    return not takes_bytes(each) and (asked or each.description.body is not None)


@pytest.fixture(scope="module")
def schema() -> Any:
    return schemathesis.openapi.from_dict(closed(make_document(ROUTES, "")))


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


def running(folder: Any) -> Iterator[Cartwatch]:
    with Cartwatch(folder / "data") as server:
        server.settled()
        yield server
        assert "Traceback" not in server.errors()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cartwatch]:
    yield from running(tmp_path_factory.mktemp("fuzz"))


@pytest.fixture(scope="module")
def doomed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cartwatch]:
    """A server whose flow and data are not spared."""
    yield from running(tmp_path_factory.mktemp("doomed"))


@pytest.fixture(scope="module")
def there(server: Cartwatch) -> Mapping[str, str]:
    """Names of what is there: a cart, its order, a skipped record, an upload that is paused."""
    server.upload_in(server.upload(STARTED), "done")
    upload = server.upload(STARTED * 5_000, rate=1)
    assert server.call("PATCH", f"/api/uploads/{upload}", {"state": "paused"}).status == 200
    server.upload_in(upload, "paused")
    server.settled()
    record = str(server.get("/api/skipped?limit=1")["items"][0]["id"])
    return {"user_id": "a/b", "order_id": "1", "record_id": record, "upload_id": upload}


def ask(
    server: Cartwatch,
    session: requests.Session,
    strategy: SearchStrategy[Any],
    *checks: str,
) -> int:
    """Ask for what a strategy makes, and hold the answers to the checks; counts the questions."""
    asked = 0

    @BOUNDED
    @given(strategy)
    def each(case: Any) -> None:
        nonlocal asked
        asked += 1
        response = case.call(base_url=server.url, session=session)
        case.validate_response(response, checks=CHECKS.get_by_names([*AS_TOLD, *checks]))

    each()
    return asked


def operation_of(schema: Any, each: Operation) -> Any:
    return schema[each.path][each.method.upper()]


def facts(server: Cartwatch) -> list[Any]:
    """Tell what a request could have changed: what was taken in, and what was decided."""
    skipped = server.get("/api/skipped?limit=500")["items"]
    uploads = server.get("/api/uploads?limit=500")["items"]
    decided = [(each["id"], each["rate"], each["state"] == "paused") for each in uploads]
    stream = server.get("/api/stream")
    return [[(each["id"], each["state"]) for each in skipped], decided, stream]


def of_path(each: Operation, there: Mapping[str, str]) -> dict[str, str]:
    """Give the ids of what is there that the path of a call names."""
    return {name: value for name, value in there.items() if f"{{{name}}}" in each.path}


def test_the_document_is_one_of_openapi() -> None:
    """By the rules of OpenAPI 3.1, and of JSON Schema for all that is in it."""
    openapi_spec_validator.validate(make_document(ROUTES, "/orders"))


@pytest.mark.parametrize(
    "each",
    [each for each in OPERATIONS if ordinary(each) and may_be_wrong(each)],
    ids=lambda each: each.id,
)
def test_a_call_refuses_what_it_does_not_say_that_it_takes(
    server: Cartwatch,
    schema: Any,
    session: requests.Session,
    there: Mapping[str, str],
    each: Operation,
) -> None:
    """In words, by a status that is described; and nothing has changed behind it."""
    path = of_path(each, there)
    strategy = operation_of(schema, each).as_strategy(WRONG, path_parameters=path or None)
    before = facts(server)
    assert ask(server, session, strategy, "not_a_server_error", "negative_data_rejection")
    assert facts(server) == before
    assert server.errors() == ""


@pytest.mark.parametrize("each", [*filter(ordinary, OPERATIONS)], ids=lambda each: each.id)
def test_a_call_answers_as_it_says_to_what_it_says_that_it_takes(
    server: Cartwatch, schema: Any, session: requests.Session, each: Operation
) -> None:
    """A status, a type and fields that are described, and no others; never an error of ours."""
    strategy = operation_of(schema, each).as_strategy(RIGHT)
    assert ask(server, session, strategy, "not_a_server_error")
    server.call("DELETE", "/api/stream")
    assert server.errors() == ""


@pytest.mark.parametrize(
    "each",
    [each for each in OPERATIONS if ordinary(each) and each.description.names],
    ids=lambda each: each.id,
)
def test_a_call_answers_as_it_says_of_what_is_there(
    server: Cartwatch,
    schema: Any,
    session: requests.Session,
    there: Mapping[str, str],
    each: Operation,
) -> None:
    """Ids that somebody made up are of nothing: these are of a cart, a record, an upload."""
    path = of_path(each, there)
    names = {name.name for name in each.parameters if name.required}
    query = {name: there[name] for name in names - path.keys()}
    strategy = operation_of(schema, each).as_strategy(
        RIGHT, path_parameters=path or None, query=query or None
    )
    assert ask(server, session, strategy, "not_a_server_error")
    assert server.errors() == ""


@pytest.mark.parametrize(
    "each",
    [each for each in OPERATIONS if takes_bytes(each) and each.parameters],
    ids=lambda each: each.id,
)
def test_no_bytes_are_wrong_but_all_beside_them_may_be(
    server: Cartwatch, schema: Any, session: requests.Session, each: Operation
) -> None:
    """A line may hold anything, and so may the file of a form: what is no record is skipped."""
    strategy = operation_of(schema, each).as_strategy(WRONG, media_type=BYTES)
    assert ask(server, session, strategy, "not_a_server_error", "negative_data_rejection")
    assert server.errors() == ""


def test_what_a_fuzzer_left_behind_is_in_order(server: Cartwatch) -> None:
    """The view has all that the journal says, and nothing twice."""
    for upload in server.get("/api/uploads?limit=500")["items"]:
        server.call("PATCH", f"/api/uploads/{upload['id']}", {"state": "cancelled"})
    server.settled()
    assert server.call("POST", "/api/prove").status == 202
    proof = until(lambda: _ended(server.get("/api/prove")))
    assert (proof["state"], proof["lost"], proof["twice"]) == ("done", 0, 0)


def _ended(proof: dict[str, Any]) -> dict[str, Any] | None:
    return None if proof["state"] == "running" else proof


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("postFlowRestart", RIGHT),
        ("postReset", WRONG),
        ("postReset", RIGHT),
        ("getReadyz", RIGHT),
    ],
)
def test_what_destroys_answers_as_it_says_too(
    doomed: Cartwatch, schema: Any, session: requests.Session, name: str, mode: GenerationMode
) -> None:
    """Again and again while it is under way; and then all of it is there again."""
    (each,) = (each for each in OPERATIONS if each.id == name)
    upload = doomed.upload(STARTED)
    starts = doomed.get("/api/recovery")["total"]
    checks = ["negative_data_rejection"] if mode is WRONG else []
    assert ask(doomed, session, operation_of(schema, each).as_strategy(mode), *checks)
    if mode is WRONG:
        assert doomed.call("GET", f"/api/uploads/{upload}").status == 200
        assert doomed.get("/api/recovery")["total"] == starts
    assert doomed.settled()["lag"] == 0
