"""Ends restrictions on time: sleeps until the next one is due, and wakes when that may have changed.

What came due while no process ran is due at once at the next start. With several replicas any of them may do it: the
first transaction finds the restrictions, the others find nothing.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.moderation.actions.expire import expire
from services.moderation.store import restrictions
from shared.clock import utc_now
from shared.database import Database, WriteSession
from shared.outbox import HandOver
from shared.recurring import Recurring

_AT_ONCE = 50
_LONGEST_SLEEP = 15.0  # another replica's restrictions and a clock that is set are noticed within this
_BEGINNINGS = frozenset(("member.muted", "member.banned", "member.held", "user.muted", "user.held"))


class Expiry:
    """A part of the application."""

    def __init__(self, db: Database, timeline: HandOver) -> None:
        self._db = db
        self._timeline = timeline
        self._ending = Recurring("expiry", self._end_due, trouble="restrictions that are over wait")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Restrictions end on time inside of this."""
        self._db.on_commit.append(self._on_commit)
        try:
            async with self._ending.running():
                yield
        finally:
            self._db.on_commit.remove(self._on_commit)

    async def _end_due(self) -> float:
        while (end := await self._db.read(restrictions.next_end)) is not None:
            wait = (end - utc_now()).total_seconds()
            if wait > 0:
                return min(wait, _LONGEST_SLEEP)
            await self._timeline.commit(expire, _AT_ONCE)
        return _LONGEST_SLEEP

    def _on_commit(self, tx: WriteSession) -> None:
        if any(event.type in _BEGINNINGS for event in tx.recorded):
            self._ending.wake()
