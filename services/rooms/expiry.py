"""Ends temporary rooms on time: sleeps until the next one is due, and wakes when that may have changed.

What came due while no process ran is due at once at the next start. With several replicas any of them may do it: the
first transaction finds the rooms, the others find nothing.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog

from services.rooms.actions.delete_room import end_expired
from services.rooms.store import rooms
from services.rooms.timeline import Timeline
from shared.clock import utc_now
from shared.database import Database, WriteSession
from shared.problems import Problem
from shared.tasks import ended

_log = structlog.get_logger(__name__)
_AT_ONCE = 50
_LONGEST_SLEEP = 15.0  # another replica's rooms and a clock that is set are noticed within this
_AFTER_FAILURE = 1.0


class Expiry:
    """A part of the application: one task."""

    def __init__(self, db: Database, timeline: Timeline) -> None:
        self._db = db
        self._timeline = timeline
        self._changed = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Rooms end on time inside of this."""
        self._db.on_commit.append(self._on_commit)
        task = asyncio.create_task(self._run(), name="expiry")
        try:
            yield
        finally:
            self._db.on_commit.remove(self._on_commit)
            await ended(task)

    async def _run(self) -> None:
        while True:
            self._changed.clear()
            try:
                pause = await self._end_due()
            except Problem as problem:
                _log.warning("rooms that are due wait", reason=problem.detail)
                pause = _AFTER_FAILURE
            except Exception:
                _log.exception("rooms that are due could not be ended")
                pause = _AFTER_FAILURE
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), pause)

    async def _end_due(self) -> float:
        while (end := await self._db.read(rooms.next_end)) is not None:
            wait = (end - utc_now()).total_seconds()
            if wait > 0:
                return min(wait, _LONGEST_SLEEP)
            await self._timeline.commit(end_expired, _AT_ONCE)
        return _LONGEST_SLEEP

    def _on_commit(self, tx: WriteSession) -> None:
        if any(event.type in ("room.created", "room.updated") for event in tx.recorded):
            self._changed.set()
