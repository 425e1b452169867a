"""The bans table: who may not come back into a room, as moderation said."""

from datetime import datetime

from sqlalchemy import delete, insert, or_, select

from services.rooms.models import bans
from shared.database import ReadSession, WriteSession


def is_banned(tx: ReadSession, room_id: str, user_id: str) -> bool:
    """Is a ban in force?"""
    in_force = or_(bans.c.expires_at.is_(None), bans.c.expires_at > tx.now)
    query = select(bans.c.room_id).where(bans.c.room_id == room_id, bans.c.user_id == user_id, in_force)
    return tx.execute(query).one_or_none() is not None


def put(tx: WriteSession, room_id: str, user_id: str, expires_at: datetime | None) -> None:
    """A ban, in place of an earlier one."""
    lift(tx, room_id, user_id)
    tx.execute(insert(bans).values(room_id=room_id, user_id=user_id, expires_at=expires_at))


def forget(tx: WriteSession, user_id: str) -> None:
    """Nothing is known of where this person was banned."""
    tx.execute(delete(bans).where(bans.c.user_id == user_id))


def lift(tx: WriteSession, room_id: str, user_id: str) -> None:
    """No ban any longer."""
    tx.execute(delete(bans).where(bans.c.room_id == room_id, bans.c.user_id == user_id))
