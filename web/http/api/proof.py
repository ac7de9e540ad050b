"""The proof in the API: asked for, and how it stands."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from web.service.service import service_of


async def post_proof(request: Request) -> Response:
    """``POST /api/prove``: begin a proof, or hear of the one that runs."""
    return JSONResponse(service_of(request.app).prove(), 202)


async def get_proof(request: Request) -> Response:
    """``GET /api/prove``: the proof that runs, or the last one."""
    return JSONResponse(service_of(request.app).proof.describe())
