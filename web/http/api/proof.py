"""The proof in the API: asked for, and how it stands."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from web.http.api.answers import JSON
from web.http.api.described.call import Answer, described
from web.http.api.described.flow_shapes import Proof
from web.http.api.described.schemas import shape
from web.http.api.described.sections import FLOW
from web.service.service import service_of


@described(
    FLOW,
    "Begins to hold the view to the journal, unless that is being done.",
    Answer("How the proof stands", {JSON: shape(Proof)}, 202),
)
async def post_proof(request: Request) -> Response:
    """``POST /api/prove``: begin a proof, or hear of the one that runs."""
    return JSONResponse(service_of(request.app).prove(), 202)


@described(
    FLOW,
    "Tells how the proof stands that was asked for last.",
    Answer("What it has found so far", {JSON: shape(Proof)}),
)
async def get_proof(request: Request) -> Response:
    """``GET /api/prove``: the proof that runs, or the last one."""
    return JSONResponse(service_of(request.app).proof.describe())
