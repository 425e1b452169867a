"""Typed settings of the auth service, read from the environment. README.md lists them."""

from pathlib import Path
from typing import Annotated, Self

from limits import parse
from pydantic import AfterValidator, AliasChoices, Field, SecretStr, field_validator, model_validator

from services.auth.admin_draft import admin_draft
from services.auth.keys import signing_keys
from shared.settings import DatabaseSettings, StrongSecret


def _rule(text: str) -> str:
    if text.strip().lower() != "off":
        parse(text)
    return text


class Settings(DatabaseSettings):
    """What this service can be told."""

    secret_key: StrongSecret = Field(description="the other keys of this service are derived from it")
    auth_key_file: Path | None = Field(
        default=None, description="PEM file of Ed25519 private keys: the first signs, all are published"
    )
    auth_admin_username: str = ""
    auth_admin_password: SecretStr = SecretStr("")
    auth_admin_email: str = ""
    refresh_days: int = Field(default=30, ge=1, le=365, validation_alias=AliasChoices("AUTH_REFRESH_DAYS"))
    limit_login: Annotated[str, AfterValidator(_rule)] = Field(
        default="10/minute", validation_alias=AliasChoices("PARLEY_LIMIT_LOGIN", "limit_login")
    )

    @field_validator("auth_key_file", mode="before")
    @classmethod
    def _empty_is_none(cls, path: object) -> object:
        return path or None

    @model_validator(mode="after")
    def _usable(self) -> Self:
        if self.auth_key_file is not None:
            signing_keys("", self.auth_key_file)
        if self.auth_admin_username:
            admin_draft(self.auth_admin_username, self.auth_admin_password, self.auth_admin_email)
        return self
