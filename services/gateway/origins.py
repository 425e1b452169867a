"""Which web pages may call us: the allow-list, for CORS and for the handshake of a socket."""

from collections.abc import Iterable
from urllib.parse import urlsplit


class Origins:
    """An exact list: no wildcard, no suffix, no `null`."""

    def __init__(self, allowed: Iterable[str]) -> None:
        self._allowed = frozenset(normal_origin(each) for each in allowed)

    def allows(self, origin: str) -> bool:
        """Whether a page of this origin is on the list."""
        return origin in self._allowed

    def allows_or_same(self, origin: str, scheme: str, host: str) -> bool:
        """The same, or the page came from the very address it now talks to (our own web client)."""
        return origin == f"{_HTTP.get(scheme, scheme)}://{host}" or self.allows(origin)


_HTTP = {"ws": "http", "wss": "https"}


def normal_origin(origin: str) -> str:
    """The origin as browsers spell it; ValueError when it is none."""
    parts = urlsplit(origin)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path not in ("", "/") or "*" in origin:
        raise ValueError(f"is not an origin like https://chat.example.org: {origin!r}")
    return f"{parts.scheme}://{parts.netloc}".lower()
