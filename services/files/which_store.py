"""Where contents are kept, by the settings."""

from typing import TYPE_CHECKING

from services.files.local_blobs import LocalBlobs
from services.files.settings import Settings

if TYPE_CHECKING:
    from services.files.s3_blobs import S3Blobs


def store_of(settings: Settings) -> "LocalBlobs | S3Blobs":
    """The bucket when there is one, else the folder."""
    if not settings.files_s3_endpoint:
        return LocalBlobs(settings.files_root)
    # The MinIO SDK is loaded by who uses it: it costs a process 18 MB.
    from services.files.s3_blobs import S3Blobs
    from services.files.s3_bucket import S3Config

    config = S3Config(
        endpoint=settings.files_s3_endpoint,
        bucket=settings.files_s3_bucket,
        region=settings.files_s3_region,
        access_key=settings.files_s3_access_key,
        secret_key=settings.files_s3_secret_key.get_secret_value(),
        public_endpoint=settings.files_s3_public_endpoint,
    )
    return S3Blobs(config, settings.files_root)
