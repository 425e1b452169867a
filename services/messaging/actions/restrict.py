"""Mutes and bans as entries of the room's order: moderation decides, this is where they are in force."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, insert, select

from services.messaging import members
from services.messaging.models import restrictions
from services.messaging.timeline import Timeline
from shared.clock import rfc3339
from shared.database import WriteSession

ENTRIES = {"mute": ("member.muted", "member.unmuted"), "ban": ("member.banned", "member.unbanned")}


def restrict(
    tx: WriteSession,
    kind: str,
    room_id: str,
    user_id: str,
    expires_at: datetime | None,
    by: str | None,
    why: str | None,
) -> None:
    """From this entry on the person may not write; with a ban, they are out of the room and see nothing after it.

    A restriction told of again is no news.
    """
    log = Timeline(tx)
    room = log.room(room_id)
    if _is_so(tx, kind, room_id, user_id, expires_at):
        return
    _put(tx, kind, room_id, user_id, expires_at)
    body = {
        "user_id": user_id,
        "expires_at": None if expires_at is None else rfc3339(expires_at),
        "by": by,
        "reason": why,
    }
    removes = user_id if kind == "ban" else None
    entry = log.append(room, ENTRIES[kind][0], body, removes=removes)
    if kind == "ban":
        members.remove(tx, room, user_id, "banned", entry.seq)
    log.flush()


def lift(tx: WriteSession, kind: str, room_id: str, user_id: str, by: str | None) -> None:
    """The person may write, or come, again; nothing if they could all along."""
    if _take(tx, kind, room_id, user_id):
        if kind == "ban":
            members.forgive(tx, room_id, user_id)
        log = Timeline(tx)
        body = {"user_id": user_id, "expires_at": None, "by": by}
        log.append(log.room(room_id), ENTRIES[kind][1], body)
        log.flush()


def silence(tx: WriteSession, user_id: str, expires_at: datetime | None) -> None:
    """The person may write nowhere; of no room's order."""
    _put(tx, "mute", "", user_id, expires_at)


def let_speak(tx: WriteSession, user_id: str) -> None:
    """The person may write again wherever no room forbids it."""
    _take(tx, "mute", "", user_id)


def screen(tx: WriteSession, room_id: str, user_id: str, expires_at: datetime | None) -> None:
    """A moderator looks at what the person writes in the room ("": anywhere) before others do; of no room's order."""
    _put(tx, "hold", room_id, user_id, expires_at)


def trust(tx: WriteSession, room_id: str, user_id: str) -> None:
    """No longer; what waits by then is still decided about."""
    _take(tx, "hold", room_id, user_id)


def _is_so(tx: WriteSession, kind: str, room_id: str, user_id: str, expires_at: datetime | None) -> bool:
    ends = tx.execute(select(restrictions.c.expires_at).where(_one(kind, room_id, user_id))).scalars().all()
    return list(ends) == [expires_at]


def _put(tx: WriteSession, kind: str, room_id: str, user_id: str, expires_at: datetime | None) -> None:
    _take(tx, kind, room_id, user_id)
    row = {"user_id": user_id, "room_id": room_id, "kind": kind, "expires_at": expires_at}
    tx.execute(insert(restrictions).values(**row))


def _take(tx: WriteSession, kind: str, room_id: str, user_id: str) -> bool:
    return tx.execute(delete(restrictions).where(_one(kind, room_id, user_id))).rowcount > 0


def _one(kind: str, room_id: str, user_id: str) -> ColumnElement[bool]:
    return and_(restrictions.c.user_id == user_id, restrictions.c.room_id == room_id, restrictions.c.kind == kind)
