"""What a proxy says of the request that it forwards: believed of those that were named. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from web.access.networks import Address, Network, is_in, read_address


class Came(NamedTuple):
    """Where a request came from, as far as that is believed.

    ``scheme`` and ``host`` are None where nobody said them; ``forwarded`` is whether a named proxy
    brought it.
    """

    client: Address | None
    scheme: str | None = None
    host: str | None = None
    forwarded: bool = False


class Proxies:
    """The proxies that were named."""

    def __init__(self, networks: Sequence[Network] = ()) -> None:
        self._networks = tuple(networks)

    def __bool__(self) -> bool:
        return bool(self._networks)

    def look(
        self,
        peer: str,
        *,
        forwarded_for: Sequence[str] = (),
        schemes: Sequence[str] = (),
        hosts: Sequence[str] = (),
    ) -> Came:
        """Tell where a request came from that ``peer`` sent, with these headers, each as it came.

        Of ``X-Forwarded-For`` it is the last address that is no named proxy: what stands before it
        may be anybody's words. Of the others, the last word is that of the proxy itself.
        """
        address = read_address(peer)
        if not self._networks or not is_in(address, self._networks):
            return Came(address)
        scheme = _last(schemes).lower()
        return Came(
            self._client(address, _each(forwarded_for)),
            scheme if scheme in ("http", "https") else None,
            _last(hosts) or None,
            forwarded=True,
        )

    def _client(self, proxy: Address | None, told: list[str]) -> Address | None:
        """Give the client; the last proxy before what is no address, for want of a better one."""
        client = proxy
        for text in reversed(told):
            address = read_address(text)
            if address is None:
                break
            client = address
            if not is_in(address, self._networks):
                break
        return client


def _each(lines: Sequence[str]) -> list[str]:
    """Give the words of a header that is a list, over all of its lines."""
    return [word.strip() for line in lines for word in line.split(",") if word.strip()]


def _last(lines: Sequence[str]) -> str:
    return next(reversed(_each(lines)), "")
