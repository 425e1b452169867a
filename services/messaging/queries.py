"""Reads of messages: pages of history and single messages."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select

from services.messaging.access import require_member
from services.messaging.models import messages, users
from services.messaging.render import author_view, render_message
from shared.database import ReadSession
from shared.problems import NotFound, Problem


@dataclass(frozen=True)
class Window:
    """A page of history by sequence number: the newest one, the one before a number, or the one after."""

    limit: int
    before: int | None = None
    after: int | None = None
    thread: str | None = None


def history(tx: ReadSession, user_id: str, room_id: str, window: Window) -> dict[str, Any]:
    """{"items": oldest first, "has_more": in the direction that was asked for}."""
    require_member(tx, room_id, user_id)
    rows = list(tx.execute(_page(room_id, window)))
    has_more = len(rows) > window.limit
    rows = rows[: window.limit]
    if window.after is None:
        rows.reverse()
    return {"items": [_view(row) for row in rows], "has_more": has_more}


def get_message(tx: ReadSession, user_id: str, message_id: str) -> dict[str, Any]:
    """One message of a room that the caller is in; NotFound for any other."""
    row = tx.execute(_WITH_AUTHOR.where(messages.c.id == message_id)).one_or_none()
    if row is None:
        raise NotFound("There is no such message.")
    try:
        require_member(tx, row.room_id, user_id)
    except Problem:
        raise NotFound("There is no such message.") from None
    return _view(row)


_WITH_AUTHOR = select(messages, users.c.username, users.c.display_name, users.c.avatar_url, users.c.deleted).outerjoin(
    users, users.c.id == messages.c.author_id
)


def _page(room_id: str, window: Window) -> Select[Any]:
    query = _WITH_AUTHOR.where(messages.c.room_id == room_id).limit(window.limit + 1)
    if window.thread is not None:
        query = query.where((messages.c.reply_to == window.thread) | (messages.c.id == window.thread))
    if window.after is not None:
        return query.where(messages.c.seq > window.after).order_by(messages.c.seq)
    if window.before is not None:
        query = query.where(messages.c.seq < window.before)
    return query.order_by(messages.c.seq.desc())


def _view(row: Any) -> dict[str, Any]:
    author = {
        "id": row.author_id,
        "username": row.username,
        "display_name": row.display_name,
        "avatar_url": row.avatar_url,
        "deleted": row.deleted or row.username is None,
    }
    return render_message(row._mapping, author_view(author))
