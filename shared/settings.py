"""Typed settings, read once at start; a weak secret stops the start.

What the environment does not say may stand in a file: SECRETS_DIR names a folder with a file for each such setting,
called as the setting is. So a secret is in no environment that others can look at.
"""

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, AliasChoices, Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

_SHORTEST_SECRET = 32
_FEWEST_CHARACTERS = 8
_PLACEHOLDERS = ("changeme", "change-me", "change_me", "your-secret", "your_secret", "example", "placeholder")


def _strong(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    if len(text.encode()) < _SHORTEST_SECRET:
        raise ValueError(f"must have at least {_SHORTEST_SECRET} bytes")
    if len(set(text)) < _FEWEST_CHARACTERS or any(word in text.lower() for word in _PLACEHOLDERS):
        raise ValueError("is a placeholder; make a random one, for example with `openssl rand -hex 32`")
    return secret


StrongSecret = Annotated[SecretStr, AfterValidator(_strong)]


def _otlp(endpoint: str) -> str:
    if endpoint and not endpoint.startswith(("http://", "https://")):
        raise ValueError("must be like http://127.0.0.1:4318")
    if endpoint and find_spec("opentelemetry.exporter") is None:
        raise ValueError(
            "must wait until `pip install -r requirements/tracing.lock` was run: traces need OpenTelemetry"
        )
    return endpoint


OtlpEndpoint = Annotated[str, AfterValidator(_otlp)]


class ProcessSettings(BaseSettings):
    """What any Parley process can be told; an environment name is the field name in upper case."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True, populate_by_name=True)

    host: str = "127.0.0.1"
    port: int = Field(default=0, ge=0, le=65535, description="0 takes a free one")
    log_format: Literal["json", "console"] = "json"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    instance: str = Field(
        default="",
        validation_alias=AliasChoices("PARLEY_INSTANCE", "instance"),
        description="echoed by /readyz, so that a supervisor knows its own child",
    )
    nats_url: str = "nats://127.0.0.1:4222"
    nats_user: str = ""
    nats_password: SecretStr = SecretStr("")
    secrets_dir: str = Field(
        default="", description="a folder with a file for each secret that the environment does not say, named like it"
    )
    otlp_endpoint: OtlpEndpoint = Field(
        default="",
        validation_alias=AliasChoices("PARLEY_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT", "otlp_endpoint"),
        description="set: traces are sent there (OTLP over HTTP); `OTEL_EXPORTER_OTLP_ENDPOINT` says the same",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is said in code goes first, then the environment, then the files."""
        folder = os.environ.get("SECRETS_DIR")
        if not folder:
            return init_settings, env_settings
        if not Path(folder).is_dir():
            raise SettingsError("SECRETS_DIR is no folder that can be read")
        return init_settings, env_settings, SecretsSettingsSource(settings_cls, secrets_dir=folder)


class ServiceSettings(ProcessSettings):
    """A process behind the gateway: it trusts only who the gateway says is calling."""

    caller_secret: StrongSecret = Field(description="shared by the gateway and this service alone")


class DatabaseSettings(ServiceSettings):
    """A service with a database of its own."""

    database_url: str = Field(repr=False, description="sqlite:///path or postgresql://user:password@host/name")
