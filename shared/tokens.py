"""Access tokens: who a client is, signed by auth (EdDSA), checked by whoever holds auth's public keys (RFC 8725)."""

import asyncio
import re
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import structlog
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from shared.problems import Problem, Unauthorized, Unavailable
from shared.web.json_body import parse_json

_LONGEST = 4096
_LONGEST_CLAIM = 128
_SKEW = 60
_LONGEST_LIFE = 24 * 3600
_MOST_CACHED = 10_000
_FORM = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{86})", re.ASCII)
_log = structlog.get_logger("parley.tokens")


class KeyDirectory:
    """Auth's public keys by `kid`; asks again when they are old, and when it meets a `kid` it does not know."""

    FRESH_SECONDS = 60.0
    PAUSE_SECONDS = 2.0

    def __init__(self, fetch: Callable[[], Awaitable[Mapping[str, Any]]]) -> None:
        self._fetch = fetch
        self._keys: dict[str, Ed25519PublicKey] | None = None
        self._asked_at = float("-inf")
        self._fetched_at = float("-inf")
        self._asking: asyncio.Task[None] | None = None

    async def key_for(self, kid: str) -> Ed25519PublicKey | None:
        """The key of that name, if auth has it; Unavailable when auth was never reached."""
        if self._asking is None and self._due(kid):
            self._asking = asyncio.create_task(self._ask())
        if self._asking is not None and (self._keys is None or kid not in self._keys):
            # Only who cannot do without waits; the keys we have are good, however slow auth is.
            await asyncio.shield(self._asking)
        if self._keys is None:
            raise Unavailable("The keys that tokens are checked with cannot be had at the moment.")
        return self._keys.get(kid)

    def _due(self, kid: str) -> bool:
        now = time.monotonic()
        # The pause keeps tokens with invented names from becoming a flood on auth.
        if now - self._asked_at < self.PAUSE_SECONDS:
            return False
        return self._keys is None or kid not in self._keys or now - self._fetched_at > self.FRESH_SECONDS

    async def _ask(self) -> None:
        self._asked_at = time.monotonic()
        try:
            document = await self._fetch()
            self._keys = dict(_public_key(each) for each in document["keys"] if _is_ours(each))
            self._fetched_at = self._asked_at
        except Exception as exc:
            # The keys we have stay good: auth being away must not log everybody out.
            _log.warning("signing keys not refreshed", reason=type(exc).__name__)
        finally:
            self._asking = None


def _is_ours(key: Mapping[str, Any]) -> bool:
    return key.get("kty") == "OKP" and key.get("crv") == "Ed25519" and isinstance(key.get("kid"), str)


def _public_key(key: Mapping[str, Any]) -> tuple[str, Ed25519PublicKey]:
    return key["kid"], Ed25519PublicKey.from_public_bytes(_decoded(key["x"]))


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """What an access token says; times in seconds since 1970."""

    sub: str
    sid: str
    role: str
    jti: str
    iat: int
    exp: int


class AccessVerifier:
    """Checks access tokens; one seen good stays good until it expires, so revocation is checked by `sid` elsewhere."""

    def __init__(self, keys: KeyDirectory, issuer: str = "parley", audience: str = "parley") -> None:
        self._keys = keys
        self._issuer, self._audience = issuer, audience
        self._cached: dict[str, AccessClaims] = {}

    async def verify(self, token: str) -> AccessClaims:
        """The claims of `token`; Unauthorized unless it is exactly what auth issues, and of now."""
        claims = self._cached.get(token)
        if claims is None:
            if len(token) > _LONGEST:
                _refuse()
            claims = self._claims(await self._payload(token))
            if len(self._cached) >= _MOST_CACHED:
                self._cached.clear()
            self._cached[token] = claims
        now = time.time()
        if claims.iat > now + _SKEW or claims.exp <= now:
            self._cached.pop(token, None)
            _refuse("The access token has expired." if claims.exp <= now else "The access token is of the future.")
        return claims

    async def _payload(self, token: str) -> dict[str, Any]:
        if (form := _FORM.fullmatch(token)) is None:
            _refuse()
        header, payload = _object(form[1]), form[2]
        # Exactly these: `jku`, `x5u`, `jwk`, `crit` and `b64` have no business here and are never looked at.
        if header.keys() != {"alg", "typ", "kid"} or header["alg"] != "EdDSA" or header["typ"] != "at+jwt":
            _refuse()
        if not isinstance(kid := header["kid"], str) or len(kid) > _LONGEST_CLAIM:
            _refuse()
        if (key := await self._keys.key_for(kid)) is None:
            _refuse()
        try:
            key.verify(_decoded(form[3]), token[: form.end(2)].encode())
        except (ValueError, InvalidSignature):
            _refuse()
        return _object(payload)

    def _claims(self, payload: dict[str, Any]) -> AccessClaims:
        if payload.get("iss") != self._issuer or payload.get("aud") != self._audience:
            _refuse()
        issued, expires = _seconds(payload, "iat"), _seconds(payload, "exp")
        if not 0 < expires - issued <= _LONGEST_LIFE:
            _refuse()
        if "nbf" in payload and _seconds(payload, "nbf") > time.time() + _SKEW:
            _refuse()
        sub, sid, role, jti = (_text(payload, name) for name in ("sub", "sid", "role", "jti"))
        return AccessClaims(sub, sid, role, jti, issued, expires)


def _object(segment: str) -> dict[str, Any]:
    try:
        value = parse_json(_decoded(segment))
    except (ValueError, Problem):
        _refuse()
    if not isinstance(value, dict):
        _refuse()
    return value


def _decoded(segment: str) -> bytes:
    raw = urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    # One spelling only: spare bits at the end would make other texts of the same token.
    if urlsafe_b64encode(raw).rstrip(b"=").decode() != segment:
        raise ValueError("not canonical base64url")
    return raw


def _seconds(payload: dict[str, Any], name: str) -> int:
    if type(value := payload.get(name)) is not int:
        _refuse()
    return value


def _text(payload: dict[str, Any], name: str) -> str:
    value = payload.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_CLAIM:
        _refuse()
    return value


def _refuse(detail: str = "The access token is not valid.") -> NoReturn:
    raise Unauthorized(detail=detail) from None
