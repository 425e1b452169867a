"""The invites table."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from services.rooms.models import invites
from shared.database import ReadSession, WriteSession

COLUMNS = (
    invites.c.code,
    invites.c.room_id,
    invites.c.user_id,
    invites.c.max_uses,
    invites.c.uses,
    invites.c.expires_at,
    invites.c.created_at,
    invites.c.created_by,
)


@dataclass(frozen=True, slots=True)
class InviteRow:
    """An invitation as it is stored; `user_id` names the one it is for."""

    code: str
    room_id: str
    user_id: str | None
    max_uses: int | None
    uses: int
    expires_at: datetime
    created_at: datetime
    created_by: str


def insert_invite(tx: WriteSession, invite: InviteRow) -> None:
    """A new invitation."""
    tx.execute(insert(invites).values({column.name: getattr(invite, column.name) for column in COLUMNS}))


def open_for(tx: ReadSession, room_id: str, user_id: str, code: str | None) -> InviteRow | None:
    """An invitation that lets this person into this room now: by its code, or without one when made out by name."""
    is_theirs: ColumnElement[bool] = invites.c.user_id == user_id
    if code is not None:
        is_theirs = (invites.c.code == code) & or_(invites.c.user_id.is_(None), invites.c.user_id == user_id)
    left = or_(invites.c.max_uses.is_(None), invites.c.uses < invites.c.max_uses)
    query = select(*COLUMNS).where(invites.c.room_id == room_id, is_theirs, left, invites.c.expires_at > tx.now)
    row = tx.execute(query.order_by(invites.c.code).limit(1)).one_or_none()
    return None if row is None else InviteRow(*row)


def use(tx: WriteSession, code: str) -> None:
    """One use more."""
    tx.execute(update(invites).where(invites.c.code == code).values(uses=invites.c.uses + 1))


def remove(tx: WriteSession, room_id: str, code: str) -> bool:
    """Withdraw an invitation of this room; False when there is none."""
    gone = delete(invites).where(invites.c.room_id == room_id, invites.c.code == code).returning(invites.c.code)
    return tx.execute(gone).one_or_none() is not None


def remove_named(tx: WriteSession, room_id: str, user_id: str) -> None:
    """Withdraw what was made out to one person."""
    tx.execute(delete(invites).where(invites.c.room_id == room_id, invites.c.user_id == user_id))


def forget(tx: WriteSession, user_id: str) -> None:
    """Withdraw everything that was made out to one person."""
    tx.execute(delete(invites).where(invites.c.user_id == user_id))
