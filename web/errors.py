"""Refusals: one shape for every error that a request can end in. Pure."""


class APIError(Exception):
    """Refuses a request: a status, a code for programs and a sentence for a person."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    def body(self) -> dict[str, dict[str, str]]:
        """Give the body of the answer."""
        return {"error": {"code": self.code, "message": self.message}}


def bad_request(message: str) -> APIError:
    """Refuse a parameter that is not what it must be."""
    return APIError(400, "bad_request", message)


def not_found(message: str) -> APIError:
    """Refuse what is not there."""
    return APIError(404, "not_found", message)
