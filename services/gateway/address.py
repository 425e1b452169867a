"""Who is calling, as far as an address can tell: the peer, or what a trusted proxy says about it."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.types import Scope

from services.gateway.headers import first

Address = IPv4Address | IPv6Address
UNKNOWN = ip_address("0.0.0.0")  # noqa: S104  # stands for "no peer" (a Unix socket), nothing is bound to it


class ClientAddress:
    """Reads the client address of a scope. `X-Forwarded-For` counts only as far as the hops are trusted."""

    def __init__(self, trusted: Iterable[str]) -> None:
        self._trusted = networks(trusted)

    def of(self, scope: Scope) -> Address:
        """The nearest address on the way that is not one of our own proxies."""
        client = scope.get("client")
        address = (parse(client[0]) if client else None) or UNKNOWN
        if not self._trusts(address):
            return address
        for hop in reversed(_forwarded_for(scope)):
            said = parse(hop)
            if said is None:
                return address
            address = said
            if not self._trusts(address):
                return address
        return address

    def scheme_of(self, scope: Scope) -> str:
        """How the client came: a trusted proxy may have taken the TLS off (`http` to `https`, `ws` to `wss`)."""
        client, scheme = scope.get("client"), str(scope["scheme"])
        peer = parse(client[0]) if client else None
        if peer is None or not self._trusts(peer) or first(scope["headers"], b"x-forwarded-proto") != b"https":
            return scheme
        return {"http": "https", "ws": "wss"}.get(scheme, scheme)

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)


def networks(texts: Iterable[str]) -> list[IPv4Network | IPv6Network]:
    """Addresses and networks (`10.0.0.0/8`) as such; ValueError when one is neither."""
    return [ip_network(each, strict=False) for each in texts]


def _forwarded_for(scope: Scope) -> list[str]:
    said = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
    return [hop.strip() for hop in ",".join(said).split(",") if hop.strip()]


@lru_cache(maxsize=4096)
def parse(text: str) -> Address | None:
    """The address, IPv4-mapped ones as what they are; None when it is none."""
    try:
        address = ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def limiter_key(address: Address) -> str:
    """What limits count by: one IPv6 customer has a /64 at least, and would else have 2^64 tries."""
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, 64), strict=False))
    return str(address)
