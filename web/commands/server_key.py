"""What a client needs to be let in by a server, and to know that it is that server."""

import ssl
from pathlib import Path
from typing import Final, NamedTuple

from web.access.token_file import given_token
from web.access.tokens import AccessError
from web.commands.terminal import shown, why


class ReplayError(Exception):
    """The replay cannot end well; the message is the sentence that says why."""


class ServerKey(NamedTuple):
    """A token, in a file or else from the environment, and a file of authorities to trust."""

    token_file: str | None = None
    token: str | None = None
    ca: str | None = None

    def headers(self) -> dict[str, str]:
        """Give the headers that a request needs; raises ``ReplayError`` where there is no token."""
        try:
            file = None if self.token_file is None else Path(self.token_file)
            token = given_token(file, self.token)
        except AccessError as error:
            raise ReplayError(str(error)) from None
        return {} if token is None else {"Authorization": f"Bearer {token}"}

    def trust(self) -> ssl.SSLContext:
        """Give what a server is verified by; raises ``ReplayError`` where that cannot be read."""
        try:
            return ssl.create_default_context(cafile=self.ca)
        except ssl.SSLError:
            raise ReplayError(f"{shown(self.ca)} holds no certificates in PEM") from None
        except OSError as error:
            raise ReplayError(f"--ca {shown(self.ca)} cannot be read: {why(error)}") from None


NO_KEY: Final = ServerKey()
