"""Where a person stands in each of their rooms."""

from typing import Any

from sqlalchemy import and_, func, or_, select

from services.messaging.models import members, mentions, messages, read_markers, rooms
from shared.clock import rfc3339
from shared.database import ReadSession

MOST = 1_000


def unread(tx: ReadSession, user_id: str) -> dict[str, Any]:
    """{"items": a row for each room, the liveliest first}; counting stops at 1,000.

    What was said before somebody came in, their own words, and what the house says are not unread.
    """
    read = func.coalesce(read_markers.c.seq, members.c.joined_seq)
    base = (
        select(rooms.c.id, rooms.c.head_seq, rooms.c.head_at, read.label("read_seq"))
        .join(members, members.c.room_id == rooms.c.id)
        .outerjoin(
            read_markers, and_(read_markers.c.room_id == rooms.c.id, read_markers.c.user_id == members.c.user_id)
        )
        .where(members.c.user_id == user_id, rooms.c.deleted_at.is_(None))
        .subquery()
    )
    unseen = (
        select(messages.c.seq)
        .where(
            messages.c.room_id == base.c.id,
            messages.c.seq > base.c.read_seq,
            messages.c.author_id != user_id,
            messages.c.kind == "text",
            messages.c.deleted_at.is_(None),
        )
        .limit(MOST)
        .correlate(base)
        .subquery()
    )
    called = select(func.count(mentions.c.message_id.distinct())).where(
        mentions.c.room_id == base.c.id,
        mentions.c.seq > base.c.read_seq,
        or_(mentions.c.user_id == user_id, mentions.c.user_id == ""),
    )
    rows = tx.execute(
        select(
            base,
            select(func.count()).select_from(unseen).scalar_subquery().label("unread"),
            called.correlate(base).scalar_subquery().label("mentions"),
        ).order_by(base.c.head_at.desc(), base.c.id)
    )
    return {"items": [_view(row) for row in rows]}


def _view(row: Any) -> dict[str, Any]:
    return {
        "room_id": row.id,
        "last_seq": row.head_seq,
        "last_at": None if row.head_at is None else rfc3339(row.head_at),
        "read_seq": row.read_seq,
        "unread": row.unread,
        "mentions": row.mentions,
    }
