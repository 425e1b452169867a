"""Typed settings of the files service, read from the environment."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from shared.settings import DatabaseSettings

_MIB = 1024 * 1024
_MEGAPIXEL = 1_000_000


def _endpoint(url: str) -> str:
    scheme, _, host = url.partition("://")
    if url and (scheme not in ("http", "https") or not host or "/" in host or "@" in host):
        raise ValueError("must be like https://s3.example.org, without a path")
    return url


Endpoint = Annotated[str, AfterValidator(_endpoint)]


class Settings(DatabaseSettings):
    """What files can be told from outside; README.md lists every name with its default."""

    files_root: Path = Field(Path("var/files"), description="the folder of the contents; made when it is missing")
    files_max_bytes: int = Field(25 * _MIB, ge=1, description="the largest content taken; a bigger one answers 413")
    files_direct_max_bytes: int = Field(
        1024 * _MIB, ge=1, le=5 * 1024 * _MIB, description="the same for files that clients bring to S3 by themselves"
    )
    files_avatar_max_bytes: int = Field(5 * _MIB, ge=1, description="the largest picture of a person taken")
    files_quota_bytes: int = Field(2048 * _MIB, ge=1, description="what one user's files may add up to")
    files_url_seconds: int = Field(300, ge=10, le=3600, description="how long a signed URL is good")
    files_orphan_seconds: int = Field(24 * 3600, ge=60, description="how long a file may wait for its message")
    files_image_max_pixels: int = Field(50 * _MEGAPIXEL, ge=1, description="of a picture, all its frames together")
    files_image_max_frames: int = Field(500, ge=1, description="of an animation")

    files_s3_endpoint: Endpoint = Field("", description="set: contents are kept there and not in the folder")
    files_s3_public_endpoint: Endpoint = Field("", description="set: contents are fetched there, by presigned URLs")
    files_s3_bucket: str = "parley-files"
    files_s3_region: str = "us-east-1"
    files_s3_access_key: str = Field("", repr=False)
    files_s3_secret_key: SecretStr = SecretStr("")

    files_clamd_host: str = Field("", description="set: every upload is scanned by that clamd before it is kept")
    files_clamd_port: int = Field(3310, ge=1, le=65535)
