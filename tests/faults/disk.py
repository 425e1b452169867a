"""A disk in a file, whose power can be cut: ext4 on a loop device, and its shutdown ioctl (RELIABILITY.md §1)."""

import fcntl
import os
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_EXT4_IOC_SHUTDOWN = 0x8004587D
_NO_LOG_FLUSH = struct.pack("I", 2)
_PATIENCE = 10.0


class Disk:
    """Mounted at `path` from `mount` on."""

    def __init__(self, folder: Path, megabytes: int) -> None:
        self._image = folder / "disk.img"
        self.path = folder / "disk"
        self.path.mkdir()
        with self._image.open("wb") as file:
            file.truncate(megabytes * 1024 * 1024)
        _run("mkfs.ext4", "-q", "-F", "-m", "0", self._image)

    def mount(self) -> None:
        """Make what is stored visible; the file system's own journal is replayed."""
        _run("mount", "-o", "loop", self._image, self.path)

    def unmount(self) -> None:
        """Nobody may use it any more; who is just being killed is waited for."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                _run("umount", self.path)
                return
            except subprocess.CalledProcessError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)

    def cut_power(self) -> None:
        """From now on nothing reaches the disk, and what was not synced never will."""
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, _EXT4_IOC_SHUTDOWN, _NO_LOG_FLUSH)
        finally:
            os.close(descriptor)

    @contextmanager
    def full(self) -> Iterator[None]:
        """Not a byte is free inside of this."""
        filler = self.path / "filler"
        descriptor = os.open(filler, os.O_CREAT | os.O_WRONLY, 0o600)
        try:
            room = os.statvfs(self.path)
            os.posix_fallocate(descriptor, 0, int(0.9 * room.f_bavail) * room.f_frsize)
            _fill(descriptor)
            yield
        finally:
            os.close(descriptor)
            filler.unlink()


def _fill(descriptor: int) -> None:
    """To the last block, in ever smaller pieces."""
    os.lseek(descriptor, 0, os.SEEK_END)
    for size in (256 * 1024, 4096):
        with suppress(OSError):
            while True:
                os.write(descriptor, bytes(size))
    os.fsync(descriptor)


def _run(*command: str | Path) -> None:
    subprocess.run(command, check=True, capture_output=True)
