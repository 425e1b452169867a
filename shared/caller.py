"""Who is calling, as the gateway vouches for it: a JWT (HS256) for one service, good for a minute.

The token is made and checked here by hand, on purpose: its header is one constant, so there is no algorithm to confuse,
and a service needs no cryptography library in memory to check an HMAC.
"""

import hmac
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, NoReturn

import orjson
from fastapi import Depends, Request

from shared.problems import Problem, Unauthorized
from shared.web.json_body import parse_json

HEADER = "Parley-Caller"
_ISSUER = "gateway"
_LIFETIME = 60
_REUSED_FOR = 30
_SKEW = 60
_LONGEST = 4096
_MOST_CACHED = 10_000


@dataclass(frozen=True, slots=True)
class Caller:
    """Someone logged in."""

    user_id: str
    session_id: str
    role: str
    ip: str


@dataclass(frozen=True, slots=True)
class Anonymous:
    """Nobody is logged in."""

    ip: str


def _encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


_JOSE = _encode(b'{"alg":"HS256","typ":"JWT"}')


def _signature(secret: bytes, signed: str) -> str:
    return _encode(hmac.digest(secret, signed.encode(), "sha256"))


class CallerSigner:
    """The gateway's side; one token serves a caller for half its life."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._secrets = {service: secret.encode() for service, secret in secrets.items()}
        self._cached: dict[tuple[str, Caller | Anonymous], tuple[float, str]] = {}

    def sign(self, service: str, caller: Caller | Anonymous) -> str:
        """A token that tells `service` who is calling."""
        now = time.time()
        until, token = self._cached.get((service, caller), (0.0, ""))
        # Both ways, so that a clock set back does not keep an old token.
        if not now < until <= now + _REUSED_FOR:
            token = self._signed(service, caller, int(now))
            if len(self._cached) >= _MOST_CACHED:
                self._cached.clear()
            self._cached[service, caller] = now + _REUSED_FOR, token
        return token

    def _signed(self, service: str, caller: Caller | Anonymous, now: int) -> str:
        claims: dict[str, Any] = {"iss": _ISSUER, "aud": service, "ip": caller.ip, "iat": now, "exp": now + _LIFETIME}
        if isinstance(caller, Caller):
            claims |= {"sub": caller.user_id, "sid": caller.session_id, "role": caller.role}
        signed = f"{_JOSE}.{_encode(orjson.dumps(claims))}"
        return f"{signed}.{_signature(self._secrets[service], signed)}"


class CallerVerifier:
    """A service's side; a token once seen good stays good until it expires."""

    def __init__(self, service: str, secret: str) -> None:
        self._service = service
        self._secret = secret.encode()
        self._cached: dict[str, tuple[int, Caller | Anonymous]] = {}

    def verify(self, token: str) -> Caller | Anonymous:
        """Who `token` vouches for; Unauthorized when it is not the gateway's, not for us, or not of this minute."""
        if len(token) > _LONGEST:
            _refuse()
        now = time.time()
        if (seen := self._cached.get(token)) is None:
            seen = self._read(token)
            if len(self._cached) >= _MOST_CACHED:
                self._cached.clear()
            self._cached[token] = seen
        expires, caller = seen
        if not now < expires <= now + _LIFETIME + _SKEW:
            self._cached.pop(token, None)
            _refuse()
        return caller

    def _read(self, token: str) -> tuple[int, Caller | Anonymous]:
        signed, _, signature = token.rpartition(".")
        jose, _, payload = signed.partition(".")
        if jose != _JOSE or not token.isascii():
            _refuse()
        if not hmac.compare_digest(_signature(self._secret, signed), signature):
            _refuse()
        try:
            claims = parse_json(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
            return self._checked(claims)
        except (ValueError, KeyError, TypeError, Problem):
            _refuse()

    def _checked(self, claims: dict[str, Any]) -> tuple[int, Caller | Anonymous]:
        issued, expires, ip = claims["iat"], claims["exp"], claims["ip"]
        if claims["iss"] != _ISSUER or claims["aud"] != self._service:
            _refuse()
        if type(issued) is not int or type(expires) is not int or not 0 < expires - issued <= _LIFETIME:
            _refuse()
        if "sub" not in claims:
            return expires, Anonymous(_text(ip))
        return expires, Caller(_text(claims["sub"]), _text(claims["sid"]), _text(claims["role"]), _text(ip))


def _text(claim: Any) -> str:
    if not isinstance(claim, str) or not claim:
        _refuse()
    return claim


def _refuse() -> NoReturn:
    raise Unauthorized(detail="This service answers only what comes through the gateway.") from None


async def _any_caller(request: Request) -> Caller | Anonymous:
    caller: Caller | Anonymous = request.state.caller
    return caller


async def require_caller(request: Request) -> Caller:
    """Whoever is logged in; Unauthorized when nobody is."""
    if not isinstance(caller := request.state.caller, Caller):
        raise Unauthorized
    return caller


SomeCaller = Annotated[Caller, Depends(require_caller)]
AnyCaller = Annotated[Caller | Anonymous, Depends(_any_caller)]
