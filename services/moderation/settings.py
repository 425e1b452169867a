"""Typed settings of the moderation service, read from the environment."""

from shared.settings import DatabaseSettings


class Settings(DatabaseSettings):
    """What moderation can be told from outside; README.md lists every name with its default."""
