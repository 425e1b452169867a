"""What a client holds: access tokens (signed, for fifteen minutes); refresh tokens, tickets and the like (opaque).

A refresh token is its session's id, a secret and a tag, and nothing of it is stored but a digest. The tag tells a token
that we once gave out (and that was used) from one that somebody made up.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import jwt

from services.auth.keyring import Keyring
from shared.ids import new_id

ACCESS_LIFETIME = timedelta(minutes=15)
_SECRET, _TAG = 32, 16
_REFRESH_BYTES = 16 + _SECRET + _TAG
_REFRESH_LENGTH = len(urlsafe_b64encode(bytes(_REFRESH_BYTES)).rstrip(b"="))


def digest(token: str) -> str:
    """What is stored of a token: it has more entropy than anybody can guess, so a plain hash does."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_ticket() -> str:
    """Opaque, and without a dot, so that it can't be taken for an access token."""
    return secrets.token_urlsafe(32)


def new_personal_token() -> str:
    """Opaque too. The prefix is what scanners for leaked secrets find it by, and the gateway."""
    return f"parley_{secrets.token_urlsafe(32)}"


def new_mail_code() -> str:
    """What a mail carries; it stands in a link too."""
    return secrets.token_urlsafe(32)


class AccessTokens:
    """Signs access tokens."""

    def __init__(self, keys: Keyring) -> None:
        self._keys = keys

    def issue(self, user_id: str, session_id: str, role: str, now: datetime) -> str:
        """A token for this session, from now on."""
        issued = int(now.timestamp())
        claims = {
            "iss": "parley",
            "aud": "parley",
            "sub": user_id,
            "sid": session_id,
            "jti": new_id(),
            "role": role,
            "iat": issued,
            "exp": issued + int(ACCESS_LIFETIME.total_seconds()),
        }
        key = self._keys.signing(now)
        return jwt.encode(claims, key.private, "EdDSA", {"typ": "at+jwt", "kid": key.kid})


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """One that we gave out."""

    text: str
    session_id: str

    @property
    def digest(self) -> str:
        """What is stored of it."""
        return digest(self.text)


class RefreshTokens:
    """Makes and recognises refresh tokens."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def new(self, session_id: str) -> RefreshToken:
        """One of the session's, unlike all others."""
        return self._token(session_id, secrets.token_bytes(_SECRET))

    def read(self, text: str) -> RefreshToken | None:
        """The token, if we ever gave it out."""
        try:
            raw = urlsafe_b64decode(text + "=" * (-len(text) % 4)) if len(text) == _REFRESH_LENGTH else b""
        except ValueError:
            return None
        if len(raw) != _REFRESH_BYTES:
            return None
        token = self._token(str(UUID(bytes=raw[:16])), raw[16:-_TAG])
        return token if hmac.compare_digest(token.text.encode(), text.encode()) else None

    def _token(self, session_id: str, secret: bytes) -> RefreshToken:
        tag = hmac.digest(self._key, b"\0".join((b"tag", session_id.encode(), secret)), "sha256")[:_TAG]
        raw = UUID(session_id).bytes + secret + tag
        return RefreshToken(urlsafe_b64encode(raw).rstrip(b"=").decode(), session_id)
