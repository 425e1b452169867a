"""What this service keeps about a person, for auth's export: the rooms they are in, and invitations to and by them."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, or_, select

from services.rooms.models import invites, members, rooms
from shared.clock import rfc3339
from shared.database import ReadSession

AFTER = r"^(rooms|invitations):[A-Za-z0-9_-]{0,64}$"
_AT_ONCE = 500
_ROOM = (rooms.c.id, rooms.c.name, rooms.c.description, rooms.c.kind, members.c.role, members.c.joined_at)
_INVITE = (
    invites.c.code,
    invites.c.room_id,
    invites.c.user_id,
    invites.c.created_by,
    invites.c.uses,
    invites.c.max_uses,
    invites.c.created_at,
    invites.c.expires_at,
)


def export(tx: ReadSession, user_id: str, after: str = "rooms:") -> dict[str, Any]:
    """A piece of it, `{"files": {name: list}, "next"}`: asked again with `next` as `after` until there is none."""
    what, _, last = after.partition(":")
    following: str | None
    if what == "rooms":
        found = _rooms(tx, user_id, last)
        following = f"rooms:{found[-1]['id']}" if len(found) == _AT_ONCE else "invitations:"
    else:
        found = _invitations(tx, user_id, last)
        following = f"invitations:{found[-1]['code']}" if len(found) == _AT_ONCE else None
    return {"files": {f"{what}.json": found}, "next": following}


def _rooms(tx: ReadSession, user_id: str, last: str) -> list[dict[str, Any]]:
    query = select(*_ROOM).join_from(members, rooms).where(members.c.user_id == user_id, members.c.room_id > last)
    found = tx.execute(query.order_by(members.c.room_id).limit(_AT_ONCE))
    return [_plain(row) for row in found]


def _invitations(tx: ReadSession, user_id: str, last: str) -> list[dict[str, Any]]:
    theirs = or_(invites.c.user_id == user_id, invites.c.created_by == user_id)
    found = tx.execute(select(*_INVITE).where(theirs, invites.c.code > last).order_by(invites.c.code).limit(_AT_ONCE))
    return [_plain(row) for row in found]


def _plain(row: Row[*tuple[Any, ...]]) -> dict[str, Any]:
    return {str(name): rfc3339(each) if isinstance(each, datetime) else each for name, each in row._mapping.items()}
