"""Who has sent a request, as the entrance has found it: what stands in the scope's ``state``.

``may_change`` is whether they may change anything, ``signed_in`` whether they came by the cookie of
a session, ``is_stranger`` whether they have shown nothing at all. Where there is no login nobody
says any of it, and who comes may do everything.
"""

from typing import Final

from starlette.requests import Request
from starlette.types import Scope

from web.access.sessions import Visitor
from web.access.tokens import Role
from web.errors import APIError

_MAY_CHANGE: Final = "may_change"
_SIGNED_IN: Final = "signed_in"
_IS_STRANGER: Final = "is_stranger"


def note(scope: Scope, visitor: Visitor | None) -> None:
    """Write down who has sent a request."""
    scope.setdefault("state", {}).update(
        {
            _MAY_CHANGE: visitor is not None and visitor.role is Role.CHANGES,
            _SIGNED_IN: visitor is not None and visitor.session is not None,
            _IS_STRANGER: visitor is None,
        }
    )


def may_change(scope: Scope) -> bool:
    """Whether who has sent a request may change anything."""
    return bool(scope.get("state", {}).get(_MAY_CHANGE, True))


def is_signed_in(scope: Scope) -> bool:
    """Whether who has sent a request came by the cookie of a session."""
    return bool(scope.get("state", {}).get(_SIGNED_IN, False))


def is_stranger(scope: Scope) -> bool:
    """Whether who has sent a request has shown neither token nor session, and should have."""
    return bool(scope.get("state", {}).get(_IS_STRANGER, False))


def read_only() -> APIError:
    """Refuse what is not for readers."""
    return APIError(403, "read_only", "you may read everything here, and change nothing")


def always(_: Request) -> bool:
    """Say that a call changes nothing, whatever is asked."""
    return True
