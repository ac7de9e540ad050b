"""Refusals: one shape for all of them."""

from web.errors import APIError, bad_request, not_found


def test_a_refusal_is_a_status_a_code_and_a_sentence() -> None:
    """The body is ``{"error": {"code", "message"}}``, whoever refuses."""
    error = APIError(507, "disk_full", "the disk is full")
    assert error.status == 507
    assert error.body() == {"error": {"code": "disk_full", "message": "the disk is full"}}
    assert str(error) == "the disk is full"


def test_the_two_common_refusals_have_their_codes() -> None:
    """A bad parameter is 400, what is not there is 404."""
    assert (bad_request("no").status, bad_request("no").code) == (400, "bad_request")
    assert (not_found("no").status, not_found("no").code) == (404, "not_found")
