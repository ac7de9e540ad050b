"""What the API answers where it refuses: one shape for every error."""

from starlette.responses import JSONResponse

from web.errors import APIError


def error_response(error: APIError) -> JSONResponse:
    """Answer a refusal with its status and its sentence."""
    return JSONResponse(error.body(), error.status)
