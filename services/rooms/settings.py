"""Typed settings of the rooms service, read from the environment. README.md lists them."""

from shared.settings import DatabaseSettings


class Settings(DatabaseSettings):
    """What every service with a database can be told; rooms needs nothing more."""
