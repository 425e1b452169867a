"""The access token of a request: the `Authorization` header and nothing else counts."""

from services.gateway.headers import Raw
from shared.problems import Problem


def bearer(headers: Raw) -> str | None:
    """The bearer token, or None; 400 when there are two, because we and others might believe different ones."""
    said = [value for name, value in headers if name == b"authorization"]
    if len(said) > 1:
        raise Problem(400, "two_credentials", "There is more than one Authorization header.")
    scheme, _, token = said[0].decode("latin-1").partition(" ") if said else ("", "", "")
    return token.strip() if scheme.lower() == "bearer" else None
