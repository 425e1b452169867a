"""Reads of messages: pages of history, single messages, and lists of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, reduce
from operator import add
from typing import Any

from msgspec import Raw
from sqlalchemy import ColumnElement, bindparam, case, func, literal_column, select, type_coerce

from services.messaging import policy
from services.messaging.access import require_member, require_message
from services.messaging.models import messages, reactions, revisions, users
from services.messaging.render import MessageObject, unknown_author
from shared.clock import rfc3339
from shared.database import Query, ReadSession, WrittenTime

Json = dict[str, Any]


@dataclass(frozen=True)
class Window:
    """A page of history by sequence number: the newest one, the one before a number, or the one after."""

    limit: int
    before: int | None = None
    after: int | None = None
    thread: str | None = None


def history(tx: ReadSession, user_id: str, room_id: str, window: Window) -> Json:
    """{"items": oldest first, "has_more": in the direction that was asked for}."""
    require_member(tx, room_id, user_id)
    query, params = _page(room_id, window)
    rows = tx.rows(query, **params)
    has_more = len(rows) > window.limit
    rows = rows[: window.limit] if window.after is not None else rows[: window.limit][::-1]
    return {"items": views(tx, rows, user_id), "has_more": has_more}


def get_message(tx: ReadSession, user_id: str, message_id: str) -> MessageObject:
    """One message of a room that the caller is in; NotFound for any other."""
    require_message(tx, user_id, message_id)
    return views(tx, tx.rows(_ONE, message=message_id), user_id)[0]


def room_of(tx: ReadSession, message_id: str) -> str:
    """The room of a message, for a command that asks by itself who may; NotFound when there is no such message."""
    room_id: str | None = tx.execute(_ROOM_OF, {"message": message_id}).scalar_one_or_none()
    if room_id is None:
        raise policy.no_such_message()
    return room_id


def by_id(tx: ReadSession, user_id: str, ids: Sequence[str]) -> list[MessageObject]:
    """These messages, in this order."""
    rows = {row.id: row for row in tx.execute(WITH_AUTHOR.where(messages.c.id.in_(ids)))} if ids else {}
    return views(tx, [rows[each] for each in ids if each in rows], user_id)


def pinned(tx: ReadSession, user_id: str, room_id: str, after: Sequence[int] | None, most: int) -> list[MessageObject]:
    """The room's pinned messages, the newest message first."""
    require_member(tx, room_id, user_id)
    query = WITH_AUTHOR.where(messages.c.room_id == room_id, messages.c.pinned_at.is_not(None))
    if after is not None:
        query = query.where(messages.c.seq < after[0])
    return views(tx, tx.execute(query.order_by(messages.c.seq.desc()).limit(most)).all(), user_id)


def earlier_contents(
    tx: ReadSession, user_id: str, role: str, message_id: str, after: Sequence[int] | None, most: int
) -> list[Json]:
    """What a message said before, oldest first, for its author and for moderators."""
    message, room_role = require_message(tx, user_id, message_id, role)
    if message.author_id != user_id:
        policy.may_look_back(room_role, role)
    query = select(revisions).where(revisions.c.message_id == message_id, revisions.c.seq > (after[0] if after else 0))
    return [
        {
            "seq": row.seq,
            "content": row.content,
            "written_at": rfc3339(row.written_at),
            "replaced_at": rfc3339(row.replaced_at),
        }
        for row in tx.execute(query.order_by(revisions.c.seq).limit(most))
    ]


def views(tx: ReadSession, rows: Sequence[Any], user_id: str) -> list[MessageObject]:
    """Messages as this person sees them: one more statement for all of them, if anybody has reacted at all."""
    reacted = [row[_ID] for row in rows if row[_MARKS] & _REACTED and row[_DELETED_AT] is None]
    found: dict[str, list[Json]] = {}
    for row in tx.execute(_REACTIONS, {"ids": reacted, "me": user_id}) if reacted else ():
        reaction = {"emoji": row.emoji, "count": row.times, "me": bool(row.me)}
        found.setdefault(row.message_id, []).append(reaction)
    return [_view(row, found) for row in rows]


_GONE, _REACTED, _MENTIONS_ROOM, _PINNED = 1, 2, 4, 8


def _marked(marks: Mapping[int, ColumnElement[bool]]) -> ColumnElement[int]:
    """What is true of a row, in one number: what a column costs depends little on what is in it."""
    each = [case((column, literal_column(str(mark))), else_=literal_column("0")) for mark, column in marks.items()]
    return reduce(add, each)


# In the order in which `_view` takes them apart.
WITH_AUTHOR = select(
    messages.c.author_id,
    users.c.username,
    users.c.display_name,
    users.c.avatar_url,
    _marked(
        {
            _GONE: users.c.deleted,
            _REACTED: messages.c.reacted,
            _MENTIONS_ROOM: messages.c.mentions_room,
            _PINNED: messages.c.pinned_at.is_not(None),
        }
    ).label("marks"),
    messages.c.id,
    messages.c.room_id,
    messages.c.seq,
    messages.c.content,
    messages.c.kind,
    messages.c.reply_to,
    messages.c.thread_id,
    messages.c.attachments,
    messages.c.mentions,
    type_coerce(messages.c.edited_at, WrittenTime).label("edited_at"),
    type_coerce(messages.c.deleted_at, WrittenTime).label("deleted_at"),
    type_coerce(messages.c.created_at, WrittenTime).label("created_at"),
    messages.c.client_id,
).outerjoin(users, users.c.id == messages.c.author_id)
# By number, because a row's columns by name cost ten times as much.
_MARKS, _ID, _DELETED_AT = map(WITH_AUTHOR.selected_columns.keys().index, ("marks", "id", "deleted_at"))
_REACTIONS = (
    select(
        reactions.c.message_id,
        reactions.c.emoji,
        func.count().label("times"),
        func.max(case((reactions.c.user_id == bindparam("me"), 1), else_=0)).label("me"),
        func.min(reactions.c.seq).label("first"),
    )
    .where(reactions.c.message_id.in_(bindparam("ids", expanding=True)))
    .group_by(reactions.c.message_id, reactions.c.emoji)
    .order_by("first")
)


_ROOM_OF = select(messages.c.room_id).where(messages.c.id == bindparam("message"))
_ONE = Query(WITH_AUTHOR.where(messages.c.id == bindparam("message")))


@cache
def _pages(direction: str, of_thread: bool) -> Query:
    """One for each kind of page."""
    # Of a thread not by the room's index: SQLite would walk through the whole room for it.
    room = func.coalesce(messages.c.room_id, "") if of_thread else messages.c.room_id
    query = WITH_AUTHOR.where(room == bindparam("room")).limit(bindparam("most"))
    if of_thread:
        asked = select(func.coalesce(messages.c.thread_id, messages.c.id)).where(messages.c.id == bindparam("thread"))
        root = asked.scalar_subquery()
        query = query.where((messages.c.thread_id == root) | (messages.c.id == root))
    if direction == "after":
        return Query(query.where(messages.c.seq > bindparam("seq")).order_by(messages.c.seq))
    if direction == "before":
        query = query.where(messages.c.seq < bindparam("seq"))
    return Query(query.order_by(messages.c.seq.desc()))


def _page(room_id: str, window: Window) -> tuple[Query, Json]:
    params: Json = {"room": room_id, "most": window.limit + 1}
    if window.thread is not None:
        params["thread"] = window.thread
    direction = "newest"
    for name, seq in (("before", window.before), ("after", window.after)):
        if seq is not None:
            direction, params["seq"] = name, seq
    return _pages(direction, window.thread is not None), params


def _view(row: Any, found: Mapping[str, list[Json]]) -> MessageObject:
    # fmt: off
    (
        author_id, username, display_name, avatar_url, marks,
        message_id, room_id, seq, content, kind, reply_to, thread_id, attachments, mentions,
        edited_at, deleted_at, created_at, client_id,
    ) = row
    # fmt: on
    if marks & _GONE or username is None:
        author = unknown_author(author_id)
    else:
        author = {"id": author_id, "username": username, "display_name": display_name, "avatar_url": avatar_url}
    return MessageObject(
        message_id,
        room_id,
        seq,
        author,
        content,
        kind,
        reply_to,
        thread_id,
        () if attachments == "[]" else Raw(attachments),
        found.get(message_id, ()),
        () if mentions == "[]" else Raw(mentions),
        marks & _MENTIONS_ROOM != 0,
        marks & _PINNED != 0,
        edited_at,
        deleted_at,
        created_at,
        client_id,
    ).bared()
