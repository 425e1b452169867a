"""Typed settings of the auth service, read from the environment. README.md lists them."""

from pathlib import Path
from typing import Annotated, Any, Self

from limits import parse
from pydantic import AfterValidator, AliasChoices, Field, HttpUrl, SecretStr, field_validator, model_validator

from services.auth.admin_draft import admin_draft
from services.auth.keys import signing_keys
from services.auth.mailer import Tls
from services.auth.password_rules import LONGEST, SHORTEST
from services.auth.policy import RegistrationPolicy
from shared.settings import DatabaseSettings, StrongSecret


def _rule(text: str) -> str:
    if text.strip().lower() != "off":
        parse(text)
    return text


def _named(name: str, default: Any, **bounds: Any) -> Any:
    field = name.removeprefix("PARLEY_").removeprefix("AUTH_").lower()
    return Field(default=default, validation_alias=AliasChoices(name, field), **bounds)


class Settings(DatabaseSettings):
    """What this service can be told."""

    secret_key: StrongSecret = Field(description="the other keys of this service are derived from it")
    auth_key_file: Path | None = Field(
        default=None, description="PEM file of Ed25519 private keys: the first signs, all are published"
    )
    auth_admin_username: str = ""
    auth_admin_password: SecretStr = SecretStr("")
    auth_admin_email: str = ""
    refresh_days: int = _named("AUTH_REFRESH_DAYS", 30, ge=1, le=365)
    limit_login: Annotated[str, AfterValidator(_rule)] = _named("PARLEY_LIMIT_LOGIN", "10/minute")
    registration: RegistrationPolicy = _named(
        "PARLEY_REGISTRATION",
        "open",
        description="who may register: `open` (everybody), `invite` (with an admin's code), `closed` (nobody)",
    )

    password_min: int = _named(
        "PARLEY_PASSWORD_MIN",
        SHORTEST,
        ge=SHORTEST,
        le=LONGEST // 2,
        description="characters that a password has at least",
    )
    hash_memory_kib: int = _named(
        "AUTH_HASH_MEMORY_KIB",
        19 * 1024,
        ge=7 * 1024,
        le=1024 * 1024,
        description="argon2id's memory for one hash, in KiB; old hashes are renewed at the next login",
    )
    hash_rounds: int = _named("AUTH_HASH_ROUNDS", 2, ge=1, le=20, description="argon2id's passes over that memory")
    hash_threads: int = _named(
        "AUTH_HASH_THREADS", 2, ge=1, le=64, description="passwords hashed at the same time at most"
    )
    hash_queue: int = _named(
        "AUTH_HASH_QUEUE",
        200,
        ge=1,
        le=10_000,
        description="passwords that wait to be hashed at most; more are answered 503",
    )

    smtp_host: str = Field(default="", description="without it no mail is sent, and nothing waits for any")
    smtp_port: int = Field(default=587, ge=1, le=65535, description="the mail server's port")
    smtp_user: str = Field(default="", description="whom to log in as at the mail server; empty: nobody")
    smtp_password: SecretStr = Field(default=SecretStr(""), description="that user's password")
    smtp_tls: Tls = Field(default="starttls", description="`starttls`, `tls` from the first byte, or `off`")
    smtp_from: str = Field(default="", description="the sender of Parley's mails; needed with `SMTP_HOST`")
    public_url: HttpUrl | None = _named(
        "PARLEY_PUBLIC_URL", None, description="where people open Parley; set, mail has links to it"
    )

    @field_validator("auth_key_file", "public_url", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return value or None

    @model_validator(mode="after")
    def _usable(self) -> Self:
        if self.auth_key_file is not None:
            signing_keys("", self.auth_key_file)
        if self.auth_admin_username:
            admin_draft(self.auth_admin_username, self.auth_admin_password, self.auth_admin_email, self.password_min)
        if self.smtp_host and "@" not in self.smtp_from:
            raise ValueError("SMTP_FROM must be an address when SMTP_HOST is set")
        return self
