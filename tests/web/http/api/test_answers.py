"""What the API answers where it refuses."""

import json

from web.errors import APIError
from web.http.api.answers import error_response


def test_a_refusal_is_answered_with_its_status_and_its_body() -> None:
    """The body is ``{"error": {"code", "message"}}``, whoever refuses."""
    answer = error_response(APIError(507, "disk_full", "the disk is full"))
    assert answer.status_code == 507
    assert json.loads(bytes(answer.body)) == {
        "error": {"code": "disk_full", "message": "the disk is full"}
    }
