"""A service whose contents are in a bucket."""

import secrets

from minio import Minio

from services.files.settings import Settings
from services.files.tests.seaweed import ACCESS_KEY, SECRET_KEY, SeaweedFS


def in_bucket(settings: Settings, seaweed: SeaweedFS, **more: str) -> Settings:
    """The settings, with a bucket of the test's own."""
    told = {
        "files_s3_endpoint": seaweed.endpoint,
        "files_s3_bucket": f"parley-{secrets.token_hex(4)}",
        "files_s3_access_key": ACCESS_KEY,
        "files_s3_secret_key": SECRET_KEY,
    }
    return Settings.model_validate(settings.model_dump() | told | more)


def kept(settings: Settings) -> list[str]:
    """Everything in the bucket."""
    netloc = settings.files_s3_endpoint.removeprefix("http://")
    client = Minio(netloc, access_key=ACCESS_KEY, secret_key=SECRET_KEY, secure=False, region="us-east-1")
    return [str(each.object_name) for each in client.list_objects(settings.files_s3_bucket, recursive=True)]
