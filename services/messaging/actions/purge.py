"""Remove what a room keeps no longer, oldest first and a batch at a time."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, update

from services.messaging import search
from services.messaging.models import mentions, message_files, messages, reactions, revisions, rooms
from services.messaging.timeline import Timeline
from shared.database import WriteSession

BATCH = 500
_OF_MESSAGE = (reactions, revisions, mentions, message_files)


def purge_messages(tx: WriteSession, room_id: str, before: datetime) -> int:
    """Remove up to a batch of the room's messages from before, and tell it in the same transaction; how many.

    The order is the number's: whatever stands before an old message is old, whatever the clock said then.
    """
    last = _last_of_batch(tx, room_id, before)
    if last is None:
        return 0
    rows = tx.execute(
        select(messages.c.id, messages.c.pos, messages.c.room_id, messages.c.content, messages.c.deleted_at)
        .where(messages.c.room_id == room_id, messages.c.seq <= last)
        .order_by(messages.c.seq)
        .limit(BATCH)
    ).all()
    ids = [row.id for row in rows]
    with_files = _with_files(tx, ids)
    search.reindex(tx, [search.document(row._mapping, row.content) for row in rows if row.deleted_at is None], [])
    for table in _OF_MESSAGE:
        tx.execute(delete(table).where(table.c.message_id.in_(ids)))
    tx.execute(delete(messages).where(messages.c.id.in_(ids)))
    _tell(tx, room_id, with_files)
    return len(ids)


def _last_of_batch(tx: WriteSession, room_id: str, before: datetime) -> int | None:
    old = select(messages.c.seq).where(messages.c.room_id == room_id, messages.c.created_at < before)
    return max(tx.execute(old.order_by(messages.c.seq).limit(BATCH)).scalars(), default=None)


def _with_files(tx: WriteSession, ids: Sequence[str]) -> list[str]:
    having = select(message_files.c.message_id).where(message_files.c.message_id.in_(ids)).distinct()
    return sorted(tx.execute(having).scalars())


def _tell(tx: WriteSession, room_id: str, with_files: list[str]) -> None:
    """An entry of its own, but not a sign of life: the room stays where it is among those that somebody wrote in."""
    log = Timeline(tx)
    log.load([room_id])
    room = log.known(room_id)
    if room is None:
        return  # gone: its last entry has said all
    lively = tx.execute(select(rooms.c.head_at).where(rooms.c.id == room_id)).scalar_one()
    first = select(messages.c.seq).where(messages.c.room_id == room_id).order_by(messages.c.seq).limit(1)
    before_seq = tx.execute(first).scalar_one_or_none() or room.seq + 1
    log.append(room, "room.purged", {"before_seq": before_seq, "message_ids": with_files})
    log.flush()
    tx.execute(update(rooms).where(rooms.c.id == room_id).values(head_at=lively))
