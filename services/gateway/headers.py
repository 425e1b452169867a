"""Which headers pass the gateway: a list of what may go in, and one of what may not come out.

Going in is an allow-list, so that nothing a client says can be taken for the gateway's word (`Parley-Caller`,
`X-User-*`, `Forwarded`), no credential leaves the gateway, and hop-by-hop headers end here.
"""

from collections.abc import Iterable
from typing import Final

from multidict import CIMultiDict

Raw = Iterable[tuple[bytes, bytes]]

PASSED_ON: Final = frozenset(
    {
        b"accept",
        b"accept-language",
        b"content-type",
        b"idempotency-key",
        b"if-match",
        b"if-modified-since",
        b"if-none-match",
        b"if-range",
        b"range",
        b"user-agent",
    }
)
KEPT_BACK: Final = frozenset(
    {
        b"connection",
        b"content-length",
        b"date",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-connection",
        b"server",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"x-request-id",
    }
)
KEPT_BACK_PREFIXES: Final = (b"access-control-", b"parley-", b"x-internal-", b"x-user-")


def inward(headers: Raw) -> CIMultiDict[str]:
    """What a service hears of the client's headers; of one said twice, the first."""
    passed: CIMultiDict[str] = CIMultiDict()
    for name, value in headers:
        if name in PASSED_ON:
            passed.setdefault(name.decode(), value.decode("latin-1"))
    return passed


def outward(headers: Raw) -> list[tuple[bytes, bytes]]:
    """What the client hears of a service's headers, without those of the hop."""
    lower = [(name.lower(), value) for name, value in headers]
    named = {token.strip().lower() for name, value in lower if name == b"connection" for token in value.split(b",")}
    return [
        (name, value)
        for name, value in lower
        if name not in KEPT_BACK and name not in named and not name.startswith(KEPT_BACK_PREFIXES)
    ]


def first(headers: Raw, wanted: bytes) -> bytes | None:
    """The value of a header, the first if there are several."""
    return next((value for name, value in headers if name == wanted), None)
