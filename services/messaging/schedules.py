"""Reads of scheduled messages: one's own, and those that are due."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import func, select

from services.messaging.access import require_member
from services.messaging.models import schedules
from shared.clock import rfc3339
from shared.database import ReadSession
from shared.problems import NotFound


def own(tx: ReadSession, user_id: str, schedule_id: str) -> Any:
    """The row; NotFound for anybody else's."""
    row = tx.execute(
        select(schedules).where(schedules.c.id == schedule_id, schedules.c.author_id == user_id)
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such scheduled message.")
    return row


def get(tx: ReadSession, user_id: str, schedule_id: str) -> dict[str, Any]:
    """One of the caller's scheduled messages."""
    return view(own(tx, user_id, schedule_id))


def of_room(
    tx: ReadSession, user_id: str, room_id: str, after: Sequence[str] | None, most: int
) -> list[dict[str, Any]]:
    """What the caller has scheduled in the room, the next first."""
    require_member(tx, room_id, user_id)
    query = select(schedules).where(schedules.c.author_id == user_id, schedules.c.room_id == room_id)
    if after is not None:
        at = datetime.fromisoformat(after[0])
        later = (schedules.c.send_at > at) | ((schedules.c.send_at == at) & (schedules.c.id > after[1]))
        query = query.where(later)
    return [view(row) for row in tx.execute(query.order_by(schedules.c.send_at, schedules.c.id).limit(most))]


def due(tx: ReadSession, most: int) -> tuple[list[Any], float | None]:
    """What is due, in order, and in how many seconds the next one is (None: nothing waits)."""
    rows = tx.execute(
        select(schedules).where(schedules.c.due_at <= tx.now).order_by(schedules.c.due_at, schedules.c.id).limit(most)
    ).all()
    upcoming = tx.execute(select(func.min(schedules.c.due_at)).where(schedules.c.due_at > tx.now)).scalar_one()
    return list(rows), None if upcoming is None else (upcoming - tx.now).total_seconds()


def view(row: Any) -> dict[str, Any]:
    """A scheduled message as its author sees it."""
    return {
        "id": row.id,
        "room_id": row.room_id,
        "content": row.content,
        "reply_to": row.reply_to,
        "attachments": orjson.loads(row.attachments),
        "send_at": rfc3339(row.send_at),
        "client_id": row.client_id,
        "error": row.error,
        "created_at": rfc3339(row.created_at),
    }
