"""Typed settings of the gateway, read from the environment. README.md lists them."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, HttpUrl, SecretStr
from pydantic_settings import NoDecode

from services.gateway.address import networks
from services.gateway.hosts import normal_host
from services.gateway.limits import parse_rule
from services.gateway.origins import normal_origin
from shared.settings import ProcessSettings, StrongSecret

SERVICES = ("auth", "rooms", "messaging", "moderation", "files")
LIMITS = ("register", "login", "login_address", "http", "messages", "frames", "uploads")


def _split(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _known_rule(rule: str) -> str:
    parse_rule(rule)
    return rule


def _known_networks(trusted: tuple[str, ...]) -> tuple[str, ...]:
    networks(trusted)
    return trusted


Listed = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
Origin = Annotated[str, AfterValidator(normal_origin)]
Host = Annotated[str, AfterValidator(normal_host)]
Rule = Annotated[str, AfterValidator(_known_rule)]


class Settings(ProcessSettings):
    """What the gateway can be told from outside."""

    auth_url: HttpUrl = HttpUrl("http://127.0.0.1:8001")
    rooms_url: HttpUrl = HttpUrl("http://127.0.0.1:8002")
    messaging_url: HttpUrl = HttpUrl("http://127.0.0.1:8003")
    moderation_url: HttpUrl = HttpUrl("http://127.0.0.1:8004")
    files_url: HttpUrl = HttpUrl("http://127.0.0.1:8005")

    auth_caller_secret: StrongSecret
    rooms_caller_secret: StrongSecret
    messaging_caller_secret: StrongSecret
    moderation_caller_secret: StrongSecret
    files_caller_secret: StrongSecret

    parley_limit_register: Rule = "20/hour"
    parley_limit_login: Rule = "10/minute"
    parley_limit_login_address: Rule = Field(
        "100/10 minutes", description="failed logins to any account, per client address"
    )
    parley_limit_http: Rule = "600/minute"
    parley_limit_messages: Rule = "60/10 seconds"
    parley_limit_frames: Rule = "200/10 seconds"
    parley_limit_uploads: Rule = "60/hour"
    redis_host: str = Field("", description="set: all gateways count together")
    redis_port: int = Field(6379, ge=1, le=65535)
    redis_password: SecretStr = SecretStr("")

    parley_allowed_origins: Annotated[tuple[Origin, ...], NoDecode, BeforeValidator(_split)] = ()
    parley_allowed_hosts: Annotated[tuple[Host, ...], NoDecode, BeforeValidator(_split)] = Field(
        (), description="set: any other `Host` than these names is 421 (but at /healthz, /readyz, /metrics)"
    )
    parley_trusted_proxies: Annotated[Listed, AfterValidator(_known_networks)] = ()
    parley_ws_url_tokens: Literal["any", "tickets"] = "any"
    parley_max_sockets: int = Field(20, ge=1)
    parley_max_sockets_per_address: int = Field(
        0, ge=0, description="set: at most so many open sockets of one address (an IPv6 /64 is one); 4409 beyond"
    )
    parley_away_seconds: float = Field(300, gt=0, description="somebody whose sockets said nothing for so long is away")
    parley_docs: bool = Field(True, description="off: /docs, /openapi.json and /asyncapi.json are 404")
    parley_metrics_port: int = Field(0, ge=0, le=65535, description="set: /metrics is there only")
    files_max_bytes: int = Field(25 * 1024 * 1024, ge=1, description="the same number as the files service has")
    files_avatar_max_bytes: int = Field(5 * 1024 * 1024, ge=1, description="the same number as the files service has")

    def urls(self) -> dict[str, str]:
        """Where each service is."""
        return {service: str(getattr(self, f"{service}_url")) for service in SERVICES}

    def caller_secrets(self) -> dict[str, str]:
        """What the gateway signs with, for each service."""
        return {service: getattr(self, f"{service}_caller_secret").get_secret_value() for service in SERVICES}

    def limits(self) -> dict[str, str]:
        """The rule of each limit."""
        return {name: getattr(self, f"parley_limit_{name}") for name in LIMITS}
