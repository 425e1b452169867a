"""Typed settings of the files service, read from the environment."""

from pathlib import Path

from pydantic import Field

from shared.settings import DatabaseSettings

_MIB = 1024 * 1024


class Settings(DatabaseSettings):
    """What files can be told from outside; README.md lists every name with its default."""

    files_root: Path = Field(Path("var/files"), description="the folder of the contents; made when it is missing")
    files_max_bytes: int = Field(25 * _MIB, ge=1, description="the largest content taken; a bigger one answers 413")
    files_quota_bytes: int = Field(2048 * _MIB, ge=1, description="what one user's files may add up to")
