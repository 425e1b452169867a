"""Who may see a room, from messaging's own copy of memberships, and what a gateway needs to open one."""

from datetime import datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import bindparam, select, true

from services.messaging import policy
from services.messaging.models import departures, members, messages, restrictions, rooms, timeline_head, users
from services.messaging.render import author_view
from shared.database import Query, ReadSession
from shared.problems import Forbidden, NotFound, Problem

_ME: Any = bindparam("me")
_ROOM: Any = bindparam("room")
# Statements are built once: building one costs several times what running it does.
_STANDING = (
    select(
        rooms.c.kind,
        members.c.role,
        restrictions.c.kind.label("ban"),
        restrictions.c.expires_at.label("ban_ends"),
    )
    .select_from(rooms)
    .outerjoin(members, (members.c.room_id == rooms.c.id) & (members.c.user_id == _ME))
    .outerjoin(
        restrictions,
        (restrictions.c.user_id == _ME) & (restrictions.c.room_id == rooms.c.id) & (restrictions.c.kind == "ban"),
    )
    .where(rooms.c.id == _ROOM, rooms.c.deleted_at.is_(None))
)
_ATTACH = (
    _STANDING.join(timeline_head, true())
    .outerjoin(users, users.c.id == _ME)
    .add_columns(
        rooms.c.state,
        rooms.c.member_count,
        rooms.c.head_seq,
        timeline_head.c.epoch,
        users.c.id.label("user_id"),
        users.c.username,
        users.c.display_name,
        users.c.avatar_url,
        users.c.deleted,
    )
)
_MEMBER = Query(_STANDING)
_MESSAGE = select(messages, rooms.c.kind.label("room_kind")).join(rooms).where(messages.c.id == bindparam("message"))
_DEPARTURE = select(departures.c.reason).where(departures.c.room_id == _ROOM, departures.c.user_id == _ME)


class _Standing(NamedTuple):
    kind: str
    role: str | None
    ban: str | None
    ban_ends: datetime | None


def require_member(tx: ReadSession, room_id: str, user_id: str) -> str:
    """The caller's role in the room.

    Raises NotFound for a room that isn't there or isn't the caller's to see, Forbidden (`not_a_member`, `banned`,
    `kicked`) for a public one.
    """
    rows = tx.rows(_MEMBER, room=room_id, me=user_id)
    role: str = _allowed(tx, _Standing(*rows[0]) if rows else None, room_id, user_id).role
    return role


def require_message(tx: ReadSession, user_id: str, message_id: str, house_role: str = "user") -> tuple[Any, str | None]:
    """A message's row and the caller's role in its room; NotFound for what is not theirs to see.

    With a moderator's `house_role`, membership is not needed, except where two talk.
    """
    message = tx.execute(_MESSAGE, {"message": message_id}).one_or_none()
    if message is None:
        raise policy.no_such_message()
    try:
        return message, require_member(tx, message.room_id, user_id)
    except Problem:
        if policy.is_house_moderator(house_role) and message.room_kind != "direct":
            return message, None
        raise policy.no_such_message() from None


def _allowed(tx: ReadSession, row: Any, room_id: str, user_id: str, *, tell_removed: bool = False) -> Any:
    if row is None:
        raise NotFound("There is no such room.")
    banned = row.ban is not None and policy.is_active(row.ban_ends, tx.now)
    if row.role is None or banned:
        if row.kind != "public" and not tell_removed:
            raise NotFound("There is no such room.")
        raise _refusal(tx, row.kind, room_id, user_id, banned)
    return row


def _refusal(tx: ReadSession, kind: str, room_id: str, user_id: str, banned: bool) -> Exception:
    if banned:
        return Forbidden("banned", "You were banned from this room.")
    reason = tx.execute(_DEPARTURE, {"room": room_id, "me": user_id}).scalar_one_or_none()
    if reason in ("banned", "kicked"):
        return Forbidden(reason, f"You were {reason} from this room.")
    if kind != "public":
        return NotFound("There is no such room.")
    return Forbidden("not_a_member", "Join the room first.")


def attach(tx: ReadSession, room_id: str, user_id: str) -> dict[str, Any]:
    """What a gateway shows in `ready`: the room's head and epoch, the Room, and what is known of the caller.

    Who was put out is told so, of a room that they may not see as well: their sockets close with 4403.
    """
    row = tx.execute(_ATTACH, {"room": room_id, "me": user_id}).one_or_none()
    row = _allowed(tx, row, room_id, user_id, tell_removed=True)
    return {
        "seq": row.head_seq,
        "epoch": row.epoch,
        "room": room_view(row) | {"my_role": row.role},
        "user": None if row.user_id is None else author_view({**row._mapping, "id": row.user_id}),
    }


def room_view(row: Any) -> dict[str, Any]:
    """The public Room object, without what differs from person to person."""
    state: dict[str, Any] = orjson.loads(row.state)
    return state | {"member_count": row.member_count, "my_role": None}
