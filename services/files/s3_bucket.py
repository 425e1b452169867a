"""An S3 bucket, through the MinIO SDK: blocking calls in threads, each with a deadline, each failure an OSError."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.datatypes import PostPolicy
from minio.error import MinioException, S3Error

from services.files.blobs import UploadForm

_T = TypeVar("_T")
_THREADS = 16
# A caller is told that the store is away within three seconds (RELIABILITY.md F33).
_DEADLINE = 2.5
_CONNECT = 1.0
_READ = 2.0
_BULK_READ = 30.0
_LINK_SECONDS = 60
_ABSENT = frozenset({"NoSuchKey", "NoSuchUpload", "NoSuchObject", "ResourceNotFound"})


class StoreAway(OSError):
    """The store can't be reached, is too slow, or refuses."""


class Absent(Exception):
    """There is no such object."""


@dataclass(frozen=True, slots=True)
class S3Config:
    """Where the bucket is, and as whom it is used."""

    endpoint: str
    bucket: str
    region: str
    access_key: str
    secret_key: str
    public_endpoint: str = ""


class S3Bucket:
    """Two clients for the same bucket, with short and with long time-outs, and one that signs for the public."""

    def __init__(self, config: S3Config) -> None:
        self.name = config.bucket
        self.quick = _client(config, config.endpoint, _READ)
        self.bulk = _client(config, config.endpoint, _BULK_READ)
        self._public = _client(config, config.public_endpoint, _READ) if config.public_endpoint else None
        self._public_url = config.public_endpoint
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="s3")
        self._made = False

    def close(self) -> None:
        """Wait for what was begun."""
        self._threads.shutdown(wait=True)

    async def soon(self, work: Callable[[Minio], _T]) -> _T:
        """Run it with the quick client; StoreAway when it takes too long, whether or not it ends some day."""
        try:
            async with asyncio.timeout(_DEADLINE):
                return await self.submit(lambda: self.now(work))
        except TimeoutError:
            raise StoreAway("the store is too slow") from None

    async def submit(self, work: Callable[[], _T]) -> _T:
        """Run it in one of the bucket's threads."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def later(self, work: Callable[[], object]) -> None:
        """Run it some time, and don't wait for it."""
        self._threads.submit(work)

    def now(self, work: Callable[[Minio], _T], client: Minio | None = None) -> _T:
        """Run it here. Raises Absent, and StoreAway for every other failure."""
        try:
            self._make()
            return work(client or self.quick)
        except S3Error as exc:
            if exc.code in _ABSENT:
                raise Absent from None
            raise StoreAway(f"the store answers {exc.code}") from exc
        except (MinioException, urllib3.exceptions.HTTPError) as exc:
            raise StoreAway(f"the store is away: {type(exc).__name__}") from exc

    def link(self, name: str, content_type: str, disposition: str) -> str | None:
        """A URL that gives the object to whoever has it, for a minute; None without a public endpoint."""
        if self._public is None:
            return None
        headers: dict[str, str | list[str] | tuple[str]] = {
            "response-content-type": content_type,
            "response-content-disposition": disposition,
            "response-cache-control": "private, no-store",
        }
        expires = timedelta(seconds=_LINK_SECONDS)
        return self._public.presigned_get_object(self.name, name, expires=expires, response_headers=headers)

    def form(self, name: str, size: int, seconds: int) -> UploadForm | None:
        """A form that puts exactly so many bytes there; None without a public endpoint."""
        if self._public is None:
            return None
        policy = PostPolicy(self.name, datetime.now(UTC) + timedelta(seconds=seconds))
        policy.add_equals_condition("key", name)
        policy.add_content_length_range_condition(size, size)
        fields = self._public.presigned_post_policy(policy)
        return UploadForm(f"{self._public_url}/{self.name}", {"key": name, **fields})

    def _make(self) -> None:
        if self._made:
            return
        if not self.quick.bucket_exists(self.name):
            with suppress(S3Error):  # another replica was faster
                self.quick.make_bucket(self.name)
        self._made = True


def _client(config: S3Config, endpoint: str, read: float) -> Minio:
    url = urlsplit(endpoint)
    pool = urllib3.PoolManager(
        maxsize=_THREADS,
        timeout=urllib3.Timeout(connect=_CONNECT, read=read),
        # What failed fast is tried again; what took long is not, for somebody waits.
        retries=urllib3.Retry(
            total=2, read=0, backoff_factor=0.1, status_forcelist=(500, 502, 503, 504), raise_on_status=False
        ),
    )
    return Minio(
        url.netloc,
        access_key=config.access_key or None,
        secret_key=config.secret_key or None,
        secure=url.scheme == "https",
        region=config.region,  # told, so that nothing has to be asked before a URL is signed
        http_client=pool,
    )
