"""Contents in a local directory.

    <root>/arriving/<key>        being written, or sealed and not yet placed
    <root>/blobs/<2 hex>/<key>   placed

Sealing is write, fsync, fsync of the folder; placing is one rename. A writer holds a lock on its arrival, and the
kernel drops a dead process's locks: so what is stale is known without a clock, and also when replicas share the
directory.
"""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from services.files.blobs import BlobMissing, Known
from services.files.local_arrival import LocalArrival, place, stale

_THREADS = 8
_PIECE = 256 * 1024
_LEAST_FREE = 1024 * 1024
_KEY = re.compile(r"[0-9a-f]{32}")

_T = TypeVar("_T")


class LocalBlobs:
    """A BlobStore below one folder. All disk work happens in its own few threads."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._arriving = root / "arriving"
        self._blobs = root / "blobs"
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="blobs")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Make the folders; at the end, wait until what was begun on disk is done."""
        for folder in (self._arriving, self._blobs):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            yield
        finally:
            self._threads.shutdown(wait=True)

    def receive(self) -> LocalArrival:
        """Begin a new content under a fresh random key."""
        return LocalArrival(self._arriving, self._place_of, self._threads)

    async def open(self, key: str, start: int, stop: int) -> AsyncIterator[bytes]:
        """Open the content now, and read it piece by piece as the caller asks."""
        return _Reading(await self._run(lambda: self._open(key)), start, stop, self._threads)

    def link(self, key: str, content_type: str, disposition: str) -> None:
        """Nobody else serves the folder."""

    def form(self, upload_id: str, size: int, seconds: int) -> None:
        """Nor takes anything for it."""

    async def adopt(self, upload_id: str) -> LocalArrival:
        """So nothing was brought."""
        raise BlobMissing(upload_id)

    async def forget(self, upload_id: str) -> None:
        """And there is nothing to forget."""

    async def remove(self, key: str) -> None:
        """Remove a content from its place, or from where a crash left it."""
        await self._run(lambda: self._remove(key))

    async def recover(self, known: Known) -> None:
        """Place or remove what dead processes left behind."""
        names = await self._run(self._stale)
        committed = await known([name for name in names if _KEY.fullmatch(name)])
        await self._run(lambda: self._settle(names, committed))

    async def check(self) -> None:
        """Raise OSError when the folder is away, not ours to write, or full."""
        await self._run(self._probe)

    async def _run(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _place_of(self, key: str) -> Path:
        return self._blobs / key[:2] / key

    def _open(self, key: str) -> int:
        for path in (self._place_of(key), self._arriving / key, self._place_of(key)):
            try:
                return os.open(path, os.O_RDONLY)
            except FileNotFoundError:
                continue
        raise BlobMissing(key)

    def _remove(self, key: str) -> None:
        (self._arriving / key).unlink(missing_ok=True)
        self._place_of(key).unlink(missing_ok=True)

    def _stale(self) -> list[str]:
        names = []
        for path in self._arriving.iterdir():
            with stale(path) as dead:
                names += [path.name] if dead else []
        return names

    def _settle(self, names: list[str], committed: set[str]) -> None:
        for name in names:
            path = self._arriving / name
            with stale(path) as dead:
                if dead and name in committed:
                    place(path, self._place_of(name))
                elif dead:
                    path.unlink()

    def _probe(self) -> None:
        disk = os.statvfs(self._arriving)
        if disk.f_bavail * disk.f_frsize < _LEAST_FREE or not os.access(self._arriving, os.W_OK | os.X_OK):
            raise OSError("no room for files")


class _Reading:
    """An open content. It owns the descriptor: a read still going on in a thread keeps it open, whoever has left."""

    def __init__(self, fd: int, start: int, stop: int, threads: ThreadPoolExecutor) -> None:
        self._fd = fd
        self._at = start
        self._stop = stop
        self._threads = threads

    def __aiter__(self) -> "_Reading":
        return self

    async def __anext__(self) -> bytes:
        if self._at >= self._stop:
            raise StopAsyncIteration
        piece = await asyncio.get_running_loop().run_in_executor(self._threads, self._read)
        if not piece:
            raise BlobMissing("a content is shorter than the database says")
        self._at += len(piece)
        return piece

    def __del__(self) -> None:
        os.close(self._fd)

    def _read(self) -> bytes:
        return os.pread(self._fd, min(_PIECE, self._stop - self._at), self._at)
