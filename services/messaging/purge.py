"""What is kept no longer: messages beyond their room's `retention_days`, rooms that are gone, old receipts, texts that
nobody has decided about for a month, and entries that nobody may resume from any more (docs/decisions/0032).

A room with `retention_days` loses its log up to the same moment too. Whoever resumes from before what is left is told
to resync.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
from sqlalchemy import delete, select

from services.messaging.actions.purge import BATCH, purge_messages
from services.messaging.compact import give_back
from services.messaging.models import (
    departures,
    held,
    read_markers,
    receipts,
    restrictions,
    rooms,
    schedules,
    slow_mode,
    timeline,
    timeline_head,
)
from services.messaging.policy import HELD_FOR
from services.messaging.settings import Settings
from shared.database import Database, ReadSession, WriteSession
from shared.recurring import Recurring

_GONE_FOR = timedelta(hours=48)
_RECEIPTS_FOR = timedelta(days=30)
_SLOWEST = timedelta(days=1)
_OF_ROOM = (read_markers, slow_mode, departures, schedules, restrictions)
_WHOLE = 2**62


@dataclass(frozen=True, slots=True)
class Stretch:
    """The beginning of a room's log: entries from before a moment, up to a number."""

    room_id: str
    before: datetime
    up_to: int = _WHOLE


class Purge:
    """A part that looks every so often, and removes in small transactions; `told` is called after new entries."""

    def __init__(self, db: Database, settings: Settings, told: Callable[[], None]) -> None:
        self._db = db
        self._settings = settings
        self._told = told
        every = settings.purge_every
        self.running = Recurring(
            "purge", self.purge, trouble="the purge failed; it is tried again", first_after=every, after_failure=every
        ).running

    async def purge(self) -> float:
        """Remove all that is kept no longer; seconds until it should be done again."""
        for room_id, before in await self._db.read(_limits):
            while await self._db.write(purge_messages, room_id, before):
                self._told()
            await self._db.write(_drop_held, room_id, before)
            await self._prune(Stretch(room_id, before))
        for stretch in await self._db.read(_beyond_replay, self._settings):
            await self._prune(stretch)
        await self._db.write(_purge_small)
        while await self._db.write(give_back):
            pass
        return self._settings.purge_every

    async def _prune(self, stretch: Stretch) -> None:
        while await self._db.write(prune, stretch):
            pass


def _drop_held(tx: WriteSession, room_id: str, before: datetime) -> None:
    tx.execute(delete(held).where(held.c.room_id == room_id, held.c.created_at < before))


def prune(tx: WriteSession, stretch: Stretch) -> int:
    """Remove up to a batch of the room's entries; how many. What the broker has yet to confirm stays, and so does the
    very last entry of all, which is told to a broker that forgot everything."""
    head = tx.execute(select(timeline_head)).one()
    old = (
        select(timeline.c.pos)
        .where(
            timeline.c.room_id == stretch.room_id,
            timeline.c.seq <= stretch.up_to,
            timeline.c.at < stretch.before,
            timeline.c.pos <= min(head.published_pos, head.pos - 1),
        )
        .order_by(timeline.c.seq)
        .limit(BATCH)
    )
    return tx.execute(delete(timeline).where(timeline.c.pos.in_(old))).rowcount


def _beyond_replay(tx: ReadSession, settings: Settings) -> list[Stretch]:
    """The rooms whose logs reach back further than anybody may resume from, or follow."""
    before = tx.now - max(timedelta(days=settings.log_days), timedelta(hours=settings.replay_hours))
    entry = timeline.alias()
    oldest = select(entry.c.pos).where(entry.c.room_id == rooms.c.id).order_by(entry.c.seq).limit(1)
    found = (
        select(rooms.c.id, rooms.c.head_seq)
        .select_from(rooms)
        .join(timeline, timeline.c.pos == oldest.correlate(rooms).scalar_subquery())
        .where(timeline.c.at < before, timeline.c.seq <= rooms.c.head_seq - settings.replay_events)
    )
    return [Stretch(row.id, before, row.head_seq - settings.replay_events) for row in tx.execute(found)]


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
