"""The members table: who is in which room, and as what, as rooms told us."""

from sqlalchemy import delete, insert, select, update

from services.moderation.models import members
from shared.database import ReadSession, WriteSession


def role_of(tx: ReadSession, room_id: str, user_id: str) -> str | None:
    """The role of the person in the room; None for everybody else."""
    mine = (members.c.room_id == room_id) & (members.c.user_id == user_id)
    role: str | None = tx.execute(select(members.c.role).where(mine)).scalar_one_or_none()
    return role


def put(tx: WriteSession, room_id: str, user_id: str, role: str) -> None:
    """Note a member, or the new role of one."""
    mine = (members.c.room_id == room_id) & (members.c.user_id == user_id)
    if tx.execute(update(members).where(mine).values(role=role)).rowcount == 0:
        tx.execute(insert(members).values(room_id=room_id, user_id=user_id, role=role))


def drop(tx: WriteSession, room_id: str, user_id: str) -> None:
    """Forget a member."""
    tx.execute(delete(members).where((members.c.room_id == room_id) & (members.c.user_id == user_id)))


def drop_room(tx: WriteSession, room_id: str) -> None:
    """Forget who was in a room."""
    tx.execute(delete(members).where(members.c.room_id == room_id))


def drop_user(tx: WriteSession, user_id: str) -> None:
    """Forget where a person was."""
    tx.execute(delete(members).where(members.c.user_id == user_id))
