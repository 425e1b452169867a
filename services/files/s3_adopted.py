"""A content that a client has brought to the bucket by itself, copied there to where nobody else can reach it."""

import secrets
import tempfile
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, BinaryIO

from services.files.s3_bucket import S3Bucket

if TYPE_CHECKING:
    from services.files.s3_blobs import S3Blobs


class S3Adopted:
    """An arrival that is durable from the start."""

    def __init__(self, blobs: "S3Blobs", bucket: S3Bucket, folder: Path) -> None:
        self.key = secrets.token_hex(16)
        self._blobs = blobs
        self._bucket = bucket
        self._folder = folder
        self._lock = Lock()

    async def copy(self, name: str) -> None:
        """Put a mark, and copy the object of that name; Absent when there is none."""
        await self._bucket.soon(lambda _: self._blobs.put_mark(self.key))
        await self._bucket.submit(lambda: self._copy(name))

    async def file(self) -> BinaryIO:
        """A nameless copy of it, here."""
        return await self._bucket.submit(self._fetch)

    async def size(self) -> int:
        """What the store says."""
        return await self._bucket.soon(lambda _: self._blobs.blob_size(self.key))

    async def seal(self) -> None:
        """It is."""

    async def place(self) -> None:
        """Remove the mark."""
        await self._bucket.soon(lambda _: self._blobs.remove_mark(self.key))
        self._blobs.let_go(self.key)

    def discard(self) -> None:
        """Remove it and its mark, after a copy that is going on."""
        self._bucket.later(self._undo)

    def abandon(self) -> None:
        """Leave the mark, and say that nobody works on it."""
        self._blobs.let_go(self.key)

    def _copy(self, name: str) -> None:
        with self._lock:
            self._blobs.copy_blob(name, self.key)

    def _fetch(self) -> BinaryIO:
        file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115
        try:
            self._blobs.fetch(self.key, file)
            file.seek(0)
        except BaseException:
            file.close()
            raise
        return file

    def _undo(self) -> None:
        with self._lock:
            self._blobs.let_go(self.key)
            self._blobs.remove_marked(self.key)
