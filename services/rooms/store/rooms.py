"""The rooms table."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, delete, func, insert, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from services.rooms.models import bans, direct_rooms, invites, members, rooms
from shared.database import ReadSession, WriteSession

COLUMNS: tuple[Column[Any], ...] = (
    rooms.c.id,
    rooms.c.name,
    rooms.c.description,
    rooms.c.kind,
    rooms.c.owner_id,
    rooms.c.member_count,
    rooms.c.slow_mode_seconds,
    rooms.c.profanity,
    rooms.c.archived,
    rooms.c.max_members,
    rooms.c.retention_days,
    rooms.c.expires_at,
    rooms.c.created_at,
    rooms.c.updated_at,
)


@dataclass(frozen=True, slots=True)
class RoomRow:
    """A room as it is stored."""

    id: str
    name: str
    description: str
    kind: str
    owner_id: str | None
    member_count: int
    slow_mode_seconds: int
    profanity: str
    archived: bool
    max_members: int | None
    retention_days: int | None
    expires_at: datetime | None
    created_at: datetime
    updated_at: datetime


_LONGEST_KEY = 200  # one character may unfold into eighteen, and an index entry has a limit


def fold(text: str) -> str:
    """The form in which names are compared: without regard to case, width and composition."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def alive(now: datetime) -> ColumnElement[bool]:
    """A room whose time is over is gone, even while the expiry loop has not reached it."""
    return or_(rooms.c.expires_at.is_(None), rooms.c.expires_at > now)


def find(tx: ReadSession, room_id: str) -> RoomRow | None:
    """The room, unless there is none or its time is over."""
    row = tx.execute(select(*COLUMNS).where(rooms.c.id == room_id, alive(tx.now))).one_or_none()
    return None if row is None else RoomRow(*row)


def insert_room(tx: WriteSession, room: RoomRow) -> None:
    """A new room, still without members."""
    values: dict[str, Any] = {column.name: getattr(room, column.name) for column in COLUMNS}
    tx.execute(insert(rooms).values(**values, name_key=fold(room.name)[:_LONGEST_KEY]))


def change(tx: WriteSession, room_id: str, values: dict[str, Any]) -> None:
    """Set columns; the search key follows the name."""
    if "name" in values:
        values = {**values, "name_key": fold(values["name"])[:_LONGEST_KEY]}
    tx.execute(update(rooms).where(rooms.c.id == room_id).values(**values))


def remove(tx: WriteSession, room_id: str) -> None:
    """The room and everything about it."""
    for table in (members, invites, direct_rooms, bans):
        tx.execute(delete(table).where(table.c.room_id == room_id))
    tx.execute(delete(rooms).where(rooms.c.id == room_id))


def next_end(tx: ReadSession) -> datetime | None:
    """When the next temporary room ends."""
    end: datetime | None = tx.execute(select(func.min(rooms.c.expires_at))).scalar_one()
    return end


def ended(tx: ReadSession, limit: int) -> list[str]:
    """Rooms whose time is over, longest first."""
    due = select(rooms.c.id).where(rooms.c.expires_at <= tx.now).order_by(rooms.c.expires_at).limit(limit)
    return list(tx.execute(due).scalars())
