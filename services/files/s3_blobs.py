"""Contents in an S3 bucket.

    arriving/<key>        an empty mark: the content is on its way, or not yet placed
    blobs/<2 hex>/<key>   the content
    brought/<upload id>   what a client has brought by itself, until it is taken over

S3 has neither renames nor locks. So a content is where it stays from the start, and a mark tells that the database may
not know it; a mark that nobody here works on and that is an hour old belongs to a process that is dead.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from minio import Minio
from minio.commonconfig import CopySource

from services.files.blobs import BlobMissing, Known, UploadForm
from services.files.s3_adopted import S3Adopted
from services.files.s3_arrival import S3Arrival
from services.files.s3_bucket import Absent, S3Bucket, S3Config, StoreAway

_PIECE = 256 * 1024
_MARKS = "arriving/"
_BROUGHT = "brought/"
_KEY = re.compile(r"[0-9a-f]{32}")
_STALE = timedelta(hours=1)


class S3Blobs:
    """A BlobStore in a bucket; `folder` is where uploads are held until they are whole."""

    def __init__(self, config: S3Config, folder: Path) -> None:
        self._bucket = S3Bucket(config)
        self._folder = folder
        self._live: set[str] = set()
        self._stale: set[str] = set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Make the folder; at the end, wait for the calls that were begun. The bucket may be away."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            yield
        finally:
            await asyncio.to_thread(self._bucket.close)

    def receive(self) -> S3Arrival:
        """Begin a new content under a fresh random key."""
        arrival = S3Arrival(self, self._bucket, self._folder)
        self._live.add(arrival.key)
        return arrival

    async def open(self, key: str, start: int, stop: int) -> AsyncIterator[bytes]:
        """Ask for the content now, and read it piece by piece as the caller asks."""

        def get(client: Minio) -> Any:
            if start >= stop:
                return client.stat_object(self._bucket.name, _blob(key))
            return client.get_object(self._bucket.name, _blob(key), start, stop - start)

        try:
            response = await self._bucket.soon(get)
        except Absent:
            raise BlobMissing(key) from None
        return _Reading(response, stop - start, self._bucket)

    def link(self, key: str, content_type: str, disposition: str) -> str | None:
        """A presigned URL, when there is an endpoint for the public."""
        return self._bucket.link(_blob(key), content_type, disposition)

    def form(self, upload_id: str, size: int, seconds: int) -> UploadForm | None:
        """A form for the endpoint of the public, when there is one."""
        return self._bucket.form(_BROUGHT + upload_id, size, seconds)

    async def adopt(self, upload_id: str) -> S3Adopted:
        """Copy what was brought, within the store: whoever has the form may still change the original."""
        adopted = S3Adopted(self, self._bucket, self._folder)
        self._live.add(adopted.key)
        try:
            await adopted.copy(_BROUGHT + upload_id)
        except Absent:
            adopted.discard()
            raise BlobMissing(upload_id) from None
        except BaseException:
            adopted.discard()
            raise
        return adopted

    async def forget(self, upload_id: str) -> None:
        """Remove the original."""
        await self._bucket.soon(lambda client: client.remove_object(self._bucket.name, _BROUGHT + upload_id))

    async def remove(self, key: str) -> None:
        """Remove a content, and the mark that a crash may have left on it."""
        await self._bucket.soon(lambda client: client.remove_object(self._bucket.name, _blob(key)))
        await self._bucket.soon(lambda _: self.remove_mark(key))

    async def recover(self, known: Known) -> None:
        """Settle the marks that nobody works on."""
        marks = await self._bucket.submit(self._stale_marks)
        committed = await known(marks)
        for key in marks:
            settle = self.remove_mark if key in committed else self.remove_marked
            await self._bucket.submit(lambda key=key, settle=settle: settle(key))  # type: ignore[misc]
            self._stale.discard(key)

    async def check(self) -> None:
        """Raise OSError when the bucket can't be used."""
        if not await self._bucket.soon(lambda client: client.bucket_exists(self._bucket.name)):
            raise StoreAway("there is no such bucket")

    def put_mark(self, key: str) -> None:
        """Tell that the content may come and go; blocking, as all that follow."""
        self._bucket.now(lambda client: client.put_object(self._bucket.name, _MARKS + key, BytesIO(), 0))

    def remove_mark(self, key: str) -> None:
        """The content stays."""
        self._bucket.now(lambda client: client.remove_object(self._bucket.name, _MARKS + key))

    def put_blob(self, key: str, file: BinaryIO, size: int, part: int) -> None:
        """Bring the content, in parts of that size, one at a time."""
        self._bucket.now(
            lambda client: client.put_object(
                self._bucket.name, _blob(key), file, size, part_size=part, num_parallel_uploads=1
            ),
            self._bucket.bulk,
        )

    def copy_blob(self, name: str, key: str) -> None:
        """Copy another object of the bucket to where the content lives. Raises Absent."""
        self._bucket.now(
            lambda client: client.copy_object(self._bucket.name, _blob(key), CopySource(self._bucket.name, name)),
            self._bucket.bulk,
        )

    def blob_size(self, key: str) -> int:
        """The bytes of a content."""
        return int(self._bucket.now(lambda client: client.stat_object(self._bucket.name, _blob(key)).size or 0))

    def fetch(self, key: str, file: BinaryIO) -> None:
        """Write a content into a file."""

        def copy(client: Minio) -> None:
            response = client.get_object(self._bucket.name, _blob(key))
            try:
                for piece in response.stream(_PIECE):
                    file.write(piece)
            finally:
                response.close()
                response.release_conn()

        self._bucket.now(copy, self._bucket.bulk)

    def remove_marked(self, key: str) -> None:
        """The content goes, with parts that came of it; the mark goes last."""
        self._bucket.now(lambda client: self._abort_parts(client, _blob(key)))
        self._bucket.now(lambda client: client.remove_object(self._bucket.name, _blob(key)))
        self.remove_mark(key)

    def let_go(self, key: str) -> None:
        """Nobody works on it any more; if its mark is still there, `recover` may have it."""
        self._live.discard(key)
        self._stale.add(key)

    def _abort_parts(self, client: Minio, name: str) -> None:
        # The SDK itself finds and ends unfinished uploads by these two; it offers no public way.
        found = client._list_multipart_uploads(self._bucket.name, prefix=name)
        for upload in found.uploads:
            client._abort_multipart_upload(self._bucket.name, name, str(upload.upload_id))

    def _stale_marks(self) -> list[str]:
        before = datetime.now(UTC) - _STALE
        listed = self._bucket.now(lambda client: list(client.list_objects(self._bucket.name, _MARKS)))
        marks = {str(each.object_name).removeprefix(_MARKS): each.last_modified for each in listed}
        self._stale &= marks.keys()
        return [
            key
            for key, at in marks.items()
            if _KEY.fullmatch(key) and key not in self._live and (key in self._stale or (at and at < before))
        ]


class _Reading:
    """An answer of the store, read as the caller asks for it."""

    def __init__(self, response: Any, length: int, bucket: S3Bucket) -> None:
        self._response = response
        self._left = length
        self._bucket = bucket

    def __aiter__(self) -> "_Reading":
        return self

    async def __anext__(self) -> bytes:
        if self._left <= 0:
            raise StopAsyncIteration
        piece = await self._bucket.submit(self._read)
        if not piece:
            raise BlobMissing("a content is shorter than the database says")
        self._left -= len(piece)
        return piece

    def __del__(self) -> None:
        if hasattr(self._response, "release_conn"):
            # Not drained: whoever left did not want the rest.
            self._response.close()
            self._response.release_conn()

    def _read(self) -> bytes:
        return bytes(self._bucket.now(lambda _: self._response.read(min(_PIECE, self._left))))


def _blob(key: str) -> str:
    return f"blobs/{key[:2]}/{key}"
