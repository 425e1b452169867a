"""The rules of a room as its moderators set them; what is left out is off."""

from typing import Annotated, Literal, Self

import re2
from pydantic import AfterValidator, ConfigDict, Field, model_validator

from shared.schemas import RequestModel

Action = Literal["mask", "hold", "block", "mute"]
_MOST_PATTERNS = 20
_MOST_DOMAINS = 100
_MEMORY = 1 << 20
_A_MONTH = 31 * 24 * 3600


def options() -> re2.Options:
    """How a moderator's pattern is compiled: quiet, and with a bound on the memory it may take."""
    chosen = re2.Options()
    chosen.log_errors = False
    chosen.max_mem = _MEMORY
    chosen.case_sensitive = False
    return chosen


def _compiles(pattern: str) -> str:
    try:
        compiled = re2.compile(pattern, options())
    except re2.error as error:
        raise ValueError("this is not a pattern in RE2's syntax") from error
    if compiled.search("") is not None:
        raise ValueError("this pattern fits every text")
    return pattern


Pattern = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_compiles)]
Domain = Annotated[str, Field(pattern=r"^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$")]
MuteSeconds = Annotated[int, Field(ge=1, le=_A_MONTH)]


class _Rule(RequestModel):
    model_config = ConfigDict(strict=True, from_attributes=True)

    action: Action
    mute_seconds: MuteSeconds = Field(default=600, description="How long somebody is muted, when the action is mute.")


class Links(_Rule):
    """Web addresses, but those of `allowed` domains and what is under them."""

    allowed: Annotated[list[Domain], Field(max_length=_MOST_DOMAINS)] = []


class Invitations(_Rule):
    """Invitations into other chats, this one's and those of the well-known services."""


class Shouting(_Rule):
    """Texts of at least `letters` letters of which `percent` are capitals."""

    percent: Annotated[int, Field(ge=50, le=100)] = 70
    letters: Annotated[int, Field(ge=5, le=1_000)] = 12


class Repeats(_Rule):
    """The same text from the same person for the `times`-th time within `seconds`."""

    times: Annotated[int, Field(ge=2, le=20)] = 3
    seconds: Annotated[int, Field(ge=1, le=3_600)] = 60


class Mentions(_Rule):
    """More than `most` different people mentioned in one text."""

    most: Annotated[int, Field(ge=1, le=100)] = 5


class Newcomers(_Rule):
    """Accounts younger than `minutes`: nothing from them at all, or with `only_links` no links."""

    minutes: Annotated[int, Field(ge=1, le=43_200)] = 10
    only_links: bool = True


class Regex(_Rule):
    """A pattern of the moderators' own, in RE2's syntax, without regard to case."""

    pattern: Pattern


class Rules(RequestModel):
    """All rules of a room. Null, or nothing, is off."""

    model_config = ConfigDict(strict=True, from_attributes=True)

    links: Links | None = None
    invitations: Invitations | None = None
    shouting: Shouting | None = None
    repeats: Repeats | None = None
    mentions: Mentions | None = None
    newcomers: Newcomers | None = None
    regexes: Annotated[list[Regex], Field(max_length=_MOST_PATTERNS)] = []

    @model_validator(mode="after")
    def _what_masks(self) -> Self:
        for name in ("repeats", "mentions", "newcomers"):
            rule = getattr(self, name)
            if rule is not None and rule.action == "mask":
                raise ValueError(f"{name} cannot mask: choose hold, block or mute")
        return self
