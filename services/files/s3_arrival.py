"""A content on its way into a bucket: first into a nameless file here, which no crash can leave behind, then there."""

import errno
import os
import secrets
import tempfile
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, BinaryIO

from services.files.s3_bucket import S3Bucket

if TYPE_CHECKING:
    from services.files.s3_blobs import S3Blobs

_PIECE = 256 * 1024
_PART = 8 * 1024 * 1024


class S3Arrival:
    """Sealing puts a mark, then the content; placing removes the mark. What is marked and old is settled by
    `S3Blobs.recover`.
    """

    def __init__(self, blobs: "S3Blobs", bucket: S3Bucket, folder: Path) -> None:
        self.key = secrets.token_hex(16)
        self._blobs = blobs
        self._bucket = bucket
        self._folder = folder
        self._held = bytearray()
        self._lock = Lock()
        self._file: BinaryIO | None = None
        self._marked = False
        self._over = False

    async def write(self, data: bytes) -> None:
        """Append a piece; waits for the disk once a few have come together."""
        self._held += data
        if len(self._held) >= _PIECE:
            await self._flush()

    async def file(self) -> BinaryIO:
        """Another descriptor on the nameless file."""
        await self._flush()
        return await self._bucket.submit(self._reopen)

    async def size(self) -> int:
        """What the nameless file has by now."""
        await self._flush()
        return await self._bucket.submit(self._measure)

    async def seal(self) -> None:
        """Bring all of it to the bucket. The mark is small and goes first, so a store that is away is noticed soon."""
        await self._flush()
        await self._bucket.soon(lambda _: self._mark())
        await self._bucket.submit(self._put)

    async def place(self) -> None:
        """Remove the mark."""
        await self._bucket.soon(lambda _: self._unmark())

    def discard(self) -> None:
        """Remove whatever came to the bucket, after a call that is going on."""
        self._bucket.later(self._undo)

    def abandon(self) -> None:
        """Leave the mark, and say that nobody works on it."""
        self._bucket.later(self._release)

    async def _flush(self) -> None:
        held, self._held = self._held, bytearray()
        await self._bucket.submit(lambda: self._append(held))

    def _append(self, held: bytearray) -> None:
        with self._lock:
            if self._over:
                return
            if self._file is None:
                self._file = tempfile.TemporaryFile(dir=self._folder, buffering=0)  # noqa: SIM115
            view = memoryview(held)
            while view:
                view = view[self._file.write(view) :]

    def _reopen(self) -> BinaryIO:
        with self._lock:
            if self._over or self._file is None:
                raise OSError(errno.EBADF, "the arrival is over")
            file = os.fdopen(os.dup(self._file.fileno()), "r+b")
        file.seek(0)
        return file

    def _measure(self) -> int:
        with self._lock:
            return 0 if self._file is None else os.fstat(self._file.fileno()).st_size

    def _mark(self) -> None:
        with self._lock:
            if not self._over:
                self._marked = True
                self._blobs.put_mark(self.key)

    def _put(self) -> None:
        with self._lock:
            if self._over or self._file is None:
                return
            size = self._file.seek(0, os.SEEK_END)
            self._file.seek(0)
            self._blobs.put_blob(self.key, self._file, size, _PART)

    def _unmark(self) -> None:
        self._release()
        self._blobs.remove_mark(self.key)

    def _undo(self) -> None:
        marked = self._marked
        self._release()
        if marked:
            self._blobs.remove_marked(self.key)

    def _release(self) -> None:
        with self._lock:
            self._over = True
            if self._file is not None:
                self._file.close()
                self._file = None
        self._blobs.let_go(self.key)
