"""The members table, and the count of members that the room keeps."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, delete, insert, select, update

from services.rooms.models import members, rooms, users
from shared.database import ReadSession, WriteSession

COLUMNS = (members.c.user_id, users.c.username, users.c.display_name, members.c.role, members.c.joined_at)


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member with the names of today."""

    user_id: str
    username: str
    display_name: str
    role: str
    joined_at: datetime


def find(tx: ReadSession, room_id: str, user_id: str) -> MemberRow | None:
    """The member, if the person is one."""
    query = select(*COLUMNS).join_from(members, users)
    row = tx.execute(query.where(members.c.room_id == room_id, members.c.user_id == user_id)).one_or_none()
    return None if row is None else MemberRow(*row)


def role_of(tx: ReadSession, room_id: str, user_id: str) -> str | None:
    """The role of the person in the room; None for everybody else."""
    role: str | None = tx.execute(
        select(members.c.role).where(members.c.room_id == room_id, members.c.user_id == user_id)
    ).scalar_one_or_none()
    return role


def add(tx: WriteSession, room_id: str, user_id: str, role: str) -> MemberRow:
    """One member more."""
    tx.execute(insert(members).values(room_id=room_id, user_id=user_id, role=role, joined_at=tx.now))
    _count(tx, room_id, 1)
    row = find(tx, room_id, user_id)
    assert row is not None
    return row


def remove(tx: WriteSession, room_id: str, user_id: str) -> None:
    """One member less."""
    tx.execute(delete(members).where(members.c.room_id == room_id, members.c.user_id == user_id))
    _count(tx, room_id, -1)


def set_role(tx: WriteSession, room_id: str, user_id: str, role: str) -> None:
    """Another role for a member."""
    where = (members.c.room_id == room_id, members.c.user_id == user_id)
    tx.execute(update(members).where(*where).values(role=role))


def heir(tx: ReadSession, room_id: str) -> str | None:
    """Who gets a room whose owner goes: the longest-standing moderator, else member."""
    moderators_first = case((members.c.role == "moderator", 0), else_=1)
    line = select(members.c.user_id).where(members.c.room_id == room_id)
    line = line.order_by(moderators_first, members.c.joined_at, members.c.user_id).limit(1)
    heir_id: str | None = tx.execute(line).scalar_one_or_none()
    return heir_id


def rooms_of(tx: ReadSession, user_id: str) -> list[str]:
    """Every room the person is in."""
    return list(tx.execute(select(members.c.room_id).where(members.c.user_id == user_id)).scalars())


def _count(tx: WriteSession, room_id: str, step: int) -> None:
    tx.execute(update(rooms).where(rooms.c.id == room_id).values(member_count=rooms.c.member_count + step))
