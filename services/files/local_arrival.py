"""A content on its way into the local directory: a file below `arriving/` that its writer holds a lock on."""

import asyncio
import errno
import fcntl
import os
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import BinaryIO, TypeVar

_PIECE = 256 * 1024
_T = TypeVar("_T")


class LocalArrival:
    """Collects pieces and hands them to the disk's threads; at most one piece is held in memory."""

    def __init__(self, folder: Path, target: Callable[[str], Path], threads: Executor) -> None:
        self.key = secrets.token_hex(16)
        self._path = folder / self.key
        self._target = target(self.key)
        self._threads = threads
        self._held = bytearray()
        # A cancelled request may discard while a thread still writes: the descriptor is only touched under the lock.
        self._lock = Lock()
        self._fd: int | None = None
        self._over = False

    async def write(self, data: bytes) -> None:
        """Append a piece; waits for the disk once a few have come together."""
        self._held += data
        if len(self._held) >= _PIECE:
            await self._flush()

    async def file(self) -> BinaryIO:
        """Another descriptor on the same file, at its start."""
        await self._flush()
        return await self._run(self._reopen)

    async def size(self) -> int:
        """What the file has by now."""
        await self._flush()
        return await self._run(self._measure)

    async def seal(self) -> None:
        """Write what is held, and wait until all of it, and its name, are on the disk."""
        await self._flush()
        await self._run(self._sync)

    async def place(self) -> None:
        """Rename it to where contents live."""
        await self._run(self._rename)

    def discard(self) -> None:
        """Unlink it, after a write that is going on."""
        self._threads.submit(self._unlink)

    def abandon(self) -> None:
        """Let go of the lock, so that `recover` finds it."""
        self._threads.submit(self._release)

    async def _flush(self) -> None:
        held, self._held = self._held, bytearray()
        await self._run(lambda: self._append(held))

    async def _run(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _append(self, held: bytearray) -> None:
        with self._lock:
            if self._over:
                return
            if self._fd is None:
                self._fd = create_locked(self._path)
            view = memoryview(held)
            while view:
                view = view[os.write(self._fd, view) :]

    def _reopen(self) -> BinaryIO:
        with self._lock:
            if self._over or self._fd is None:
                raise OSError(errno.EBADF, "the arrival is over")
            file = os.fdopen(os.dup(self._fd), "r+b")
        file.seek(0)
        return file

    def _measure(self) -> int:
        with self._lock:
            return 0 if self._fd is None else os.fstat(self._fd).st_size

    def _sync(self) -> None:
        with self._lock:
            if self._fd is not None:
                os.fsync(self._fd)
                fsync_folder(self._path.parent)

    def _rename(self) -> None:
        try:
            place(self._path, self._target)
        finally:
            self._release()

    def _unlink(self) -> None:
        with self._lock:
            if self._fd is not None:
                self._path.unlink(missing_ok=True)
        self._release()

    def _release(self) -> None:
        with self._lock:
            self._over = True
            if self._fd is not None:
                os.close(self._fd)
                self._fd = None


def place(path: Path, target: Path) -> None:
    """Move a sealed arrival to its place, durably."""
    if not target.parent.exists():
        target.parent.mkdir(exist_ok=True)
        fsync_folder(target.parent.parent)
    path.rename(target)
    fsync_folder(target.parent)


@contextmanager
def stale(path: Path) -> Iterator[bool]:
    """Whether no living process writes this arrival; while the block runs, none can begin to."""
    try:
        fd = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        yield False
        return
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True
    finally:
        os.close(fd)


def fsync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def create_locked(path: Path) -> int:
    """A new file that is ours. Another replica that starts now may find it unlocked for a moment, think it stale and
    unlink it; then we make it again.
    """
    while True:
        fd = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(fd, fcntl.LOCK_EX)
        try:
            if path.stat().st_ino == os.fstat(fd).st_ino:
                return fd
        except FileNotFoundError:
            pass
        os.close(fd)
