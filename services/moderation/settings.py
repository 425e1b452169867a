"""Typed settings of the moderation service, read from the environment."""

from typing import Literal

from pydantic import AliasChoices, Field

from shared.settings import DatabaseSettings


class Settings(DatabaseSettings):
    """What moderation can be told from outside; README.md lists every name with its default."""

    names: Literal["off", "mask", "block"] = Field(
        default="block",
        validation_alias=AliasChoices("PARLEY_PROFANITY_NAMES", "names"),
        description="what becomes of room names, topics and display names with blocked words",
    )
    reports_per_hour: int = Field(
        default=30,
        ge=1,
        validation_alias=AliasChoices("PARLEY_REPORTS_PER_HOUR", "reports_per_hour"),
        description="how many messages a person may report in an hour",
    )
