"""What is kept no longer: messages beyond their room's `retention_days`, rooms that are gone, old receipts, texts
that nobody has decided about for a month.

A room loses its log up to the same moment too, but nothing that the broker has yet to confirm. Whoever resumes from
before it is told to resync.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import orjson
import structlog
from sqlalchemy import delete, select

from services.messaging import search
from services.messaging.models import (
    departures,
    held,
    mentions,
    message_files,
    messages,
    reactions,
    read_markers,
    receipts,
    restrictions,
    revisions,
    rooms,
    schedules,
    slow_mode,
    timeline,
    timeline_head,
)
from services.messaging.policy import HELD_FOR
from shared.database import Database, ReadSession, WriteSession
from shared.tasks import ended

_log = structlog.get_logger(__name__)
_BATCH = 500
_GONE_FOR = timedelta(hours=48)
_RECEIPTS_FOR = timedelta(days=30)
_SLOWEST = timedelta(days=1)
_OF_MESSAGE = (reactions, revisions, mentions, message_files)
_OF_ROOM = (read_markers, slow_mode, departures, schedules, restrictions)


class Purge:
    """A part that looks every so often, and removes in small transactions."""

    def __init__(self, db: Database, every: float) -> None:
        self._db = db
        self._every = every

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look until left."""
        task = asyncio.create_task(self._run(), name="purge")
        try:
            yield
        finally:
            await ended(task)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            try:
                await self.purge()
            except Exception:
                _log.exception("the purge failed; it is tried again")

    async def purge(self) -> None:
        """Remove all that is kept no longer."""
        for room_id, before in await self._db.read(_limits):
            while await self._db.write(purge_room, room_id, before):
                pass
        await self._db.write(_purge_small)


def purge_room(tx: WriteSession, room_id: str, before: datetime) -> int:
    """Remove up to a batch of the room's messages and entries from before; how many."""
    rows = tx.execute(
        select(messages.c.id, messages.c.pos, messages.c.room_id, messages.c.content, messages.c.deleted_at)
        .where(messages.c.room_id == room_id, messages.c.created_at < before)
        .order_by(messages.c.seq)
        .limit(_BATCH)
    ).all()
    ids = [row.id for row in rows]
    if ids:
        search.reindex(tx, [search.document(row._mapping, row.content) for row in rows if row.deleted_at is None], [])
        for table in _OF_MESSAGE:
            tx.execute(delete(table).where(table.c.message_id.in_(ids)))
        tx.execute(delete(messages).where(messages.c.id.in_(ids)))
    tx.execute(delete(held).where(held.c.room_id == room_id, held.c.created_at < before))
    return len(ids) + _purge_log(tx, room_id, before)


def _purge_log(tx: WriteSession, room_id: str, before: datetime) -> int:
    published = select(timeline_head.c.published_pos).scalar_subquery()
    old = (
        select(timeline.c.pos)
        .where(timeline.c.room_id == room_id, timeline.c.at < before, timeline.c.pos <= published)
        .order_by(timeline.c.seq)
        .limit(_BATCH)
    )
    return tx.execute(delete(timeline).where(timeline.c.pos.in_(old))).rowcount


def _limits(tx: ReadSession) -> list[tuple[str, datetime]]:
    """The rooms that keep only so much, and since when; of rooms that are gone nothing is kept."""
    found = []
    for row in tx.execute(select(rooms.c.id, rooms.c.state, rooms.c.deleted_at)):
        days = orjson.loads(row.state).get("retention_days")
        if row.deleted_at is not None:
            if row.deleted_at < tx.now - _GONE_FOR:
                found.append((row.id, tx.now))
        elif days:
            found.append((row.id, tx.now - timedelta(days=days)))
    return found


def _purge_small(tx: WriteSession) -> None:
    tx.execute(delete(receipts).where(receipts.c.at < tx.now - _RECEIPTS_FOR))
    tx.execute(delete(held).where(held.c.created_at < tx.now - HELD_FOR))
    tx.execute(delete(slow_mode).where(slow_mode.c.at < tx.now - _SLOWEST))
    gone = select(rooms.c.id).where(rooms.c.deleted_at < tx.now - _GONE_FOR)
    for table in _OF_ROOM:
        tx.execute(delete(table).where(table.c.room_id.in_(gone)))
