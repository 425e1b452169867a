"""All that is written to the database."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, insert, update

from services.moderation.models import audit, members
from shared.database import WriteSession


def add_audit(tx: WriteSession, row: Mapping[str, Any]) -> None:
    """Append an entry to the audit log."""
    tx.execute(insert(audit).values(**row))


def put_member(tx: WriteSession, room_id: str, user_id: str, role: str) -> None:
    """Note a member, or the new role of one."""
    mine = (members.c.room_id == room_id) & (members.c.user_id == user_id)
    if tx.execute(update(members).where(mine).values(role=role)).rowcount == 0:
        tx.execute(insert(members).values(room_id=room_id, user_id=user_id, role=role))


def drop_member(tx: WriteSession, room_id: str, user_id: str) -> None:
    """Forget a member."""
    tx.execute(delete(members).where((members.c.room_id == room_id) & (members.c.user_id == user_id)))


def drop_room(tx: WriteSession, room_id: str) -> None:
    """Forget who was in a room."""
    tx.execute(delete(members).where(members.c.room_id == room_id))
