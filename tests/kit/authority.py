"""An authority of the tests' own, and a certificate by it for this machine's loopback addresses."""

from __future__ import annotations

import ssl
from pathlib import Path

import trustme


class Authority:
    """The files of a certificate, its key and its authority, in a folder."""

    def __init__(self, folder: Path, *names: str) -> None:
        """For some names; without any, for loopback."""
        authority = trustme.CA()
        issued = authority.issue_cert(*(names or ("127.0.0.1", "::1", "localhost")))
        self.ca, self.cert, self.key = (folder / f"{each}.pem" for each in ("ca", "cert", "key"))
        authority.cert_pem.write_to_path(str(self.ca))
        self.key.write_bytes(issued.private_key_pem.bytes())
        self.cert.write_bytes(b"".join(each.bytes() for each in issued.cert_chain_pems))

    @property
    def options(self) -> list[str]:
        """Give the options of a server that has this certificate."""
        return [f"--tls-cert={self.cert}", f"--tls-key={self.key}"]

    def trust(self) -> ssl.SSLContext:
        """Give what a client verifies such a server by."""
        return ssl.create_default_context(cafile=self.ca)
