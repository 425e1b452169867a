"""What routes work with: put together once by `create_app`, found by each request."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Request

from services.auth.attempts import Attempts
from services.auth.export import Exporter
from services.auth.keyring import Keyring, KeySeal
from services.auth.keys import derive, signing_keys
from services.auth.passwords import Passwords
from services.auth.policy import RegistrationPolicy
from services.auth.review import Reviewer
from services.auth.settings import Settings
from services.auth.tokens import AccessTokens, RefreshTokens
from shared.bus import Bus
from shared.database import Database


@dataclass(frozen=True, slots=True)
class Wiring:
    """The database, the passwords' threads, all that makes tokens, and what the operator decided."""

    db: Database
    passwords: Passwords
    attempts: Attempts
    keys: Keyring
    access_tokens: AccessTokens
    refresh_tokens: RefreshTokens
    exporter: Exporter
    reviewer: Reviewer
    session_life: timedelta
    request_key: bytes
    password_min: int
    registration: RegistrationPolicy
    mail_goes: bool

    @classmethod
    def of(cls, settings: Settings, db: Database, bus: Bus) -> "Wiring":
        """As these settings want it."""
        secret = settings.secret_key.get_secret_value()
        keys = keyring(settings, db)
        return cls(
            db=db,
            passwords=passwords(settings),
            attempts=Attempts(settings.limit_login),
            keys=keys,
            access_tokens=AccessTokens(keys),
            refresh_tokens=RefreshTokens(derive(secret, "refresh tokens")),
            exporter=Exporter(bus),
            reviewer=Reviewer(bus),
            session_life=timedelta(days=settings.refresh_days),
            request_key=derive(secret, "remembered requests"),
            password_min=settings.password_min,
            registration=settings.registration,
            mail_goes=bool(settings.smtp_host),
        )


def passwords(settings: Settings) -> Passwords:
    """Hashing at the cost that the operator wants."""
    return Passwords(
        memory_kib=settings.hash_memory_kib,
        rounds=settings.hash_rounds,
        threads=settings.hash_threads,
        queue=settings.hash_queue,
    )


def keyring(settings: Settings, db: Database) -> Keyring:
    """The file's keys alone, or the first one and those of the database."""
    secret = settings.secret_key.get_secret_value()
    first = signing_keys(secret, settings.auth_key_file)
    return Keyring(first, key_seal(settings), None if settings.auth_key_file else db)


def key_seal(settings: Settings) -> KeySeal:
    """What private keys are sealed with in the database."""
    return KeySeal(derive(settings.secret_key.get_secret_value(), "signing keys at rest"))


async def _wiring(request: Request) -> Wiring:
    wiring: Wiring = request.app.state.wiring
    return wiring


Wired = Annotated[Wiring, Depends(_wiring)]
