"""Reading the timeline by position: what the publisher, the heads check and other services' catch-up read."""

from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, func, select

from services.messaging.models import rooms, timeline, timeline_head
from services.messaging.timeline import Entry
from shared.clock import rfc3339
from shared.database import ReadSession

KEPT_HOURS = 24  # of the timeline, the broker gets at least so much again when it forgot
_HEAD = select(timeline_head)
_AFTER = select(timeline).where(timeline.c.pos > bindparam("pos")).order_by(timeline.c.pos).limit(bindparam("most"))


def head(tx: ReadSession) -> dict[str, Any]:
    """The single row that says where the timeline ends and how far it is published."""
    return dict(tx.execute(_HEAD).one()._mapping)


def entries_after(tx: ReadSession, pos: int, limit: int) -> list[Entry]:
    """The next entries over all rooms, oldest first."""
    rows = tx.execute(_AFTER, {"pos": pos, "most": limit})
    return [_entry(row) for row in rows]


def pos_before(tx: ReadSession, hours: int) -> int:
    """The position of the last entry that is older."""
    since = tx.now - timedelta(hours=hours)
    query = select(func.coalesce(func.max(timeline.c.pos), 0)).where(timeline.c.at < since)
    return int(tx.execute(query).scalar_one())


def heads_after(tx: ReadSession, pos: int) -> dict[str, Any]:
    """The heads of the rooms that changed after this position: {"epoch", "pos", "rooms": {room_id: seq}}."""
    now = tx.execute(_HEAD).one()
    changed = tx.execute(
        select(timeline.c.room_id, func.max(timeline.c.seq).label("seq"))
        .where(timeline.c.pos > pos, timeline.c.pos <= now.pos)
        .group_by(timeline.c.room_id)
    )
    return {"epoch": now.epoch, "pos": now.pos, "rooms": {row.room_id: row.seq for row in changed}}


def room_entries(tx: ReadSession, room_id: str, after: int, limit: int) -> tuple[int, list[Entry]]:
    """The room's head and its next entries after `after`."""
    end = tx.execute(select(rooms.c.head_seq).where(rooms.c.id == room_id)).scalar_one_or_none()
    rows = tx.execute(
        select(timeline)
        .where(timeline.c.room_id == room_id, timeline.c.seq > after)
        .order_by(timeline.c.seq)
        .limit(limit)
    )
    return end or 0, [_entry(row) for row in rows]


def envelope(entry: Entry, epoch: str) -> bytes:
    """The entry in the house's event envelope, around the frame's own bytes and what clients need not know."""
    prefix = (
        f'{{"id":{entry.pos},"epoch":"{epoch}","producer":"messaging","type":"{entry.type}",'
        f'"subject":"messaging.room.{entry.room_id}.{entry.type}","at":"{rfc3339(entry.at)}","request_id":null,"data":'
    )
    if not (aside := _aside(entry)):
        return b"".join([prefix.encode(), entry.frame, b"}"])
    return b"".join([prefix.encode(), entry.frame[:-1], aside.encode(), b"}}"])


def _aside(entry: Entry) -> str:
    """The fields that are no part of the frame, as they follow its last one."""
    aside = "" if entry.file_ids is None else f',"file_ids":{entry.file_ids}'
    if entry.files_wait_until is not None:
        aside += f',"files_wait_until":"{rfc3339(entry.files_wait_until)}"'
    if entry.by_moderator:
        aside += ',"by_moderator":true'
    return aside


def _entry(row: Any) -> Entry:
    return Entry(
        row.pos,
        row.room_id,
        row.seq,
        row.type,
        bytes(row.frame),
        row.removes,
        row.at,
        row.file_ids,
        row.files_wait_until,
        row.by_moderator,
    )
