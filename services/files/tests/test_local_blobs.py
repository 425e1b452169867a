"""The local directory: the store's contract, and what a crash or a full disk does to it."""

import asyncio
import errno
import fcntl
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.files.local_arrival import create_locked
from services.files.local_blobs import LocalBlobs
from services.files.tests.store_contract import StoreContract, content_of, knowing

_WRITER = """
import asyncio, sys
from pathlib import Path
from services.files.local_blobs import LocalBlobs

async def main():
    blobs = LocalBlobs(Path(sys.argv[1]))
    async with blobs.running():
        sealed, unsealed = blobs.receive(), blobs.receive()
        await sealed.write(b"sealed")
        await sealed.seal()
        await unsealed.write(b"x" * 1_000_000)
        print(sealed.key, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


def names(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[LocalBlobs]:
    blobs = LocalBlobs(tmp_path)
    async with blobs.running():
        yield blobs


class TestLocalBlobs(StoreContract):
    async def test_a_discarded_arrival_leaves_nothing(self, tmp_path: Path) -> None:
        blobs = LocalBlobs(tmp_path)
        async with blobs.running():
            for size in (0, 1, 1_000_000):
                arrival = blobs.receive()
                await arrival.write(b"x" * size)
                arrival.discard()
        assert names(tmp_path) == []

    async def test_discarding_in_the_middle_of_a_write(self, tmp_path: Path) -> None:
        blobs = LocalBlobs(tmp_path)
        async with blobs.running():
            arrival = blobs.receive()
            writing = asyncio.create_task(arrival.write(b"x" * 30_000_000))
            await asyncio.sleep(0)
            writing.cancel()
            arrival.discard()
            await asyncio.wait([writing])
        assert names(tmp_path) == []

    async def test_a_discard_after_placing_removes_nothing(self, store: LocalBlobs) -> None:
        key = await self.put(store, b"x")
        arrival = store.receive()
        await arrival.write(b"y")
        await arrival.seal()
        await arrival.place()
        arrival.discard()
        await asyncio.sleep(0.05)
        assert await content_of(store, arrival.key, 0, 1) == b"y"
        assert await content_of(store, key, 0, 1) == b"x"

    async def test_places_are_sharded_and_private(self, tmp_path: Path, store: LocalBlobs) -> None:
        key = await self.put(store, b"x")
        [path] = names(tmp_path)
        assert path == tmp_path / "blobs" / key[:2] / key
        assert path.stat().st_mode & 0o077 == 0

    async def test_a_full_disk_is_an_error_that_leaves_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(fd: int, data: bytes) -> int:
            raise OSError(errno.ENOSPC, "disk full")

        blobs = LocalBlobs(tmp_path)
        async with blobs.running():
            arrival = blobs.receive()
            monkeypatch.setattr(os, "write", full)
            with pytest.raises(OSError, match="disk full"):
                await arrival.write(b"x" * 1_000_000)
            monkeypatch.undo()
            arrival.discard()
        assert names(tmp_path) == []

    async def test_check_fails_without_the_folder(self, tmp_path: Path, store: LocalBlobs) -> None:
        (tmp_path / "arriving").rmdir()
        with pytest.raises(OSError, match="arriving"):
            await store.check()

    async def test_recover_after_kill_9(self, tmp_path: Path) -> None:
        writer = await asyncio.create_subprocess_exec(sys.executable, "-c", _WRITER, str(tmp_path), stdout=PIPE)
        assert writer.stdout is not None
        key = (await writer.stdout.readline()).decode().strip()
        blobs = LocalBlobs(tmp_path)
        async with blobs.running():
            await blobs.recover(knowing(key))
            assert len(names(tmp_path)) == 2  # it lives: nothing is touched
            writer.kill()
            await writer.wait()
            await blobs.recover(knowing(key))
            assert await content_of(blobs, key, 0, 6) == b"sealed"
            assert len(names(tmp_path)) == 1

    async def test_an_arrival_that_was_taken_for_stale_is_made_again(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "a"
        flock = fcntl.flock

        def unlink_first(fd: int, how: int) -> None:
            monkeypatch.setattr(fcntl, "flock", flock)
            path.unlink()
            flock(fd, how)

        monkeypatch.setattr(fcntl, "flock", unlink_first)
        fd = create_locked(path)
        assert os.fstat(fd).st_ino == path.stat().st_ino
        os.close(fd)
