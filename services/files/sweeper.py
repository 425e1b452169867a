"""Finishes what was begun: files of deleted rooms, files that no message took up, contents that no file has any more,
arrivals left by a crash.
"""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import timedelta
from time import monotonic

import structlog

from services.files import queries, store
from services.files.actions.clear_room import clear_room
from services.files.actions.collect import collect
from services.files.blobs import BlobStore
from services.files.signed_urls import LONGEST_LINK
from shared.clock import utc_now
from shared.database import Database
from shared.problems import Problem

_log = structlog.get_logger(__name__)
_EVERY = 1.0
_AFTER_FAILURE = 5.0
_RECOVER_EVERY = 60.0
_LATE = timedelta(hours=1)  # a content that was under way when its form expired has come, or never will


class Sweeper:
    """Works off tables, so nothing is forgotten over a crash, and a store that is away is tried again."""

    def __init__(self, db: Database, blobs: BlobStore, *, grace: timedelta) -> None:
        self._db = db
        self._blobs = blobs
        self._grace = grace
        self._stop = asyncio.Event()
        self._recovered = 0.0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Settle what a crash left, then sweep until the end of the block."""
        try:
            await self._recover()
        except OSError as exc:
            _log.error("what a crash may have left is settled later", error=repr(exc))
        task = asyncio.create_task(self.run(), name="sweeper")
        try:
            yield
        finally:
            self._stop.set()
            await task

    async def run(self) -> None:
        """Sweep again and again until stopped."""
        while not self._stop.is_set():
            pause = _EVERY
            try:
                await self.sweep()
                if monotonic() - self._recovered > _RECOVER_EVERY:
                    await self._recover()
            except OSError as exc:
                _log.error("the store is away; sweeping goes on later", error=repr(exc))
                pause = _AFTER_FAILURE
            except Problem as problem:
                _log.warning("sweeping waits", reason=problem.detail)
                pause = _AFTER_FAILURE
            except Exception:
                _log.exception("sweeping failed and is tried again")
                pause = _AFTER_FAILURE
            try:
                await asyncio.wait_for(self._stop.wait(), pause)
            except TimeoutError:
                continue

    async def sweep(self) -> None:
        """Everything there is to do now."""
        for room_id in await self._db.read(queries.rooms_to_clear):
            while not self._stop.is_set() and not await self._db.write(clear_room, room_id):
                pass
        while not self._stop.is_set() and not await self._db.write(collect, self._grace):
            pass
        await self._forget_uploads()
        while not self._stop.is_set() and (blobs := await self._db.read(queries.blobs_to_remove)):
            for blob in blobs:
                await self._blobs.remove(blob)
            await self._db.write(store.blobs_removed, blobs)

    async def _forget_uploads(self) -> None:
        """What clients brought and nobody needs any more: not before no form can bring anything again."""
        for upload_id in await self._db.read(queries.expired_uploads, utc_now() - _LATE):
            await self._blobs.forget(upload_id)
            await self._db.write(store.drop_direct_upload, upload_id)

    async def _recover(self) -> None:
        self._recovered = monotonic()
        await self._blobs.recover(self._known)
        await self._db.write(store.forget_ended_sessions, LONGEST_LINK)

    async def _known(self, keys: Collection[str]) -> set[str]:
        return await self._db.read(queries.known_blobs, keys)
