"""Who may see a room, from messaging's own copy of memberships, and what a gateway needs to open one."""

from typing import Any

import orjson
from sqlalchemy import select

from services.messaging import policy
from services.messaging.models import departures, members, messages, restrictions, rooms, timeline_head, users
from services.messaging.render import author_view
from shared.database import ReadSession
from shared.problems import Forbidden, NotFound, Problem


def require_member(tx: ReadSession, room_id: str, user_id: str) -> Any:
    """The room's row joined with the caller's role.

    Raises NotFound for a room that isn't there or isn't the caller's to know of, Forbidden (`not_a_member`,
    `banned`, `kicked`) for one that is.
    """
    row = tx.execute(
        select(rooms, members.c.role)
        .outerjoin(members, (members.c.room_id == rooms.c.id) & (members.c.user_id == user_id))
        .where(rooms.c.id == room_id, rooms.c.deleted_at.is_(None))
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such room.")
    if row.role is None or _is_banned(tx, room_id, user_id):
        raise _refusal(tx, row.kind, room_id, user_id)
    return row


def require_message(tx: ReadSession, user_id: str, message_id: str, house_role: str = "user") -> tuple[Any, str | None]:
    """A message's row and the caller's role in its room; NotFound for what is not theirs to see.

    With a moderator's `house_role`, membership is not needed, except where two talk.
    """
    row = tx.execute(select(messages, rooms.c.kind.label("room_kind")).join(rooms).where(messages.c.id == message_id))
    message = row.one_or_none()
    if message is None:
        raise policy.no_such_message()
    try:
        return message, require_member(tx, message.room_id, user_id).role
    except Problem:
        if policy.is_house_moderator(house_role) and message.room_kind != "direct":
            return message, None
        raise policy.no_such_message() from None


def _is_banned(tx: ReadSession, room_id: str, user_id: str) -> bool:
    ends = tx.execute(
        select(restrictions.c.expires_at).where(
            restrictions.c.user_id == user_id, restrictions.c.room_id == room_id, restrictions.c.kind == "ban"
        )
    ).scalars()
    return any(policy.is_active(end, tx.now) for end in ends)


def _refusal(tx: ReadSession, kind: str, room_id: str, user_id: str) -> Exception:
    if _is_banned(tx, room_id, user_id):
        return Forbidden("banned", "You were banned from this room.")
    reason = tx.execute(
        select(departures.c.reason).where(departures.c.room_id == room_id, departures.c.user_id == user_id)
    ).scalar_one_or_none()
    if reason in ("banned", "kicked"):
        return Forbidden(reason, f"You were {reason} from this room.")
    if kind != "public":
        return NotFound("There is no such room.")
    return Forbidden("not_a_member", "Join the room first.")


def attach(tx: ReadSession, room_id: str, user_id: str) -> dict[str, Any]:
    """What a gateway shows in `ready`: the room's head and epoch, the Room, and what is known of the caller."""
    row = require_member(tx, room_id, user_id)
    epoch = tx.execute(select(timeline_head.c.epoch)).scalar_one()
    user = tx.execute(select(users).where(users.c.id == user_id)).one_or_none()
    return {
        "seq": row.head_seq,
        "epoch": epoch,
        "room": room_view(row) | {"my_role": row.role},
        "user": None if user is None else author_view(dict(user._mapping)),
    }


def room_view(row: Any) -> dict[str, Any]:
    """The public Room object, without what differs from person to person."""
    state: dict[str, Any] = orjson.loads(row.state)
    return state | {"member_count": row.member_count, "my_role": None}
