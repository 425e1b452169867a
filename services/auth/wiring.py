"""What routes work with: put together once by `create_app`, found by each request."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from fastapi import Depends, Request

from services.auth.attempts import Attempts
from services.auth.keys import derive, key_set, signing_keys
from services.auth.passwords import Passwords
from services.auth.settings import Settings
from services.auth.tokens import AccessTokens, RefreshTokens
from shared.database import Database


@dataclass(frozen=True, slots=True)
class Wiring:
    """The database, the passwords' threads, and all that makes tokens."""

    db: Database
    passwords: Passwords
    attempts: Attempts
    access_tokens: AccessTokens
    refresh_tokens: RefreshTokens
    key_set: dict[str, Any]
    session_life: timedelta
    request_key: bytes

    @classmethod
    def of(cls, settings: Settings, db: Database) -> "Wiring":
        """As these settings want it."""
        secret = settings.secret_key.get_secret_value()
        keys = signing_keys(secret, settings.auth_key_file)
        return cls(
            db=db,
            passwords=Passwords(),
            attempts=Attempts(settings.limit_login),
            access_tokens=AccessTokens(keys[0]),
            refresh_tokens=RefreshTokens(derive(secret, "refresh tokens")),
            key_set=key_set(keys),
            session_life=timedelta(days=settings.refresh_days),
            request_key=derive(secret, "remembered requests"),
        )


async def _wiring(request: Request) -> Wiring:
    wiring: Wiring = request.app.state.wiring
    return wiring


Wired = Annotated[Wiring, Depends(_wiring)]
