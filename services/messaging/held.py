"""Reads and writes of held texts: one's own, those that a moderator has to look at, those that wait for the review."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Row, delete, func, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from services.messaging import policy
from services.messaging.access import require_member
from services.messaging.commands import EDIT, Edit, Send
from services.messaging.models import held, members, messages, restrictions, rooms, users
from services.messaging.render import author_view, unknown_author
from shared.clock import rfc3339
from shared.database import ReadSession, WriteSession
from shared.problems import NotFound

Json = dict[str, Any]
_WAITING = held.c.status == "waiting"


def own(tx: ReadSession, user_id: str, held_id: str) -> Json:
    """One of the caller's held texts; NotFound for anybody else's."""
    row = tx.execute(select(held).where(held.c.id == held_id, held.c.author_id == user_id)).one_or_none()
    if row is None:
        raise NotFound("There is no such held text.")
    return _view(row)


def of_room(tx: ReadSession, user_id: str, room_id: str, after: Sequence[str] | None, most: int) -> list[Json]:
    """What of the caller's waits in the room, or was rejected; newest first."""
    require_member(tx, room_id, user_id)
    query = select(held).where(held.c.author_id == user_id, held.c.room_id == room_id)
    if after is not None:
        query = query.where(held.c.id < after[0])
    return [_view(row) for row in tx.execute(query.order_by(held.c.id.desc()).limit(most))]


def of_person(tx: ReadSession, user_id: str) -> list[Json]:
    """All of the person's, oldest first; there are at most a hundred or so for each room."""
    return [_view(row) for row in tx.execute(select(held).where(held.c.author_id == user_id).order_by(held.c.id))]


def unreviewed(tx: ReadSession, most: int) -> list[Row[Any]]:
    """What waits for the review, oldest first."""
    waiting = select(held).where(_WAITING, ~held.c.reviewed)
    return list(tx.execute(waiting.order_by(held.c.id).limit(most)))


def queue(tx: ReadSession, filters: Mapping[str, str | None], after: str, most: int) -> list[Json]:
    """What a moderator has to look at, longest waiting first; `filters` are of room_id, author_id, kind and id."""
    query = (
        select(held, users, messages.c.content.label("says_now"), users.c.id.label("known_id"))
        .join(rooms, rooms.c.id == held.c.room_id)
        .outerjoin(users, users.c.id == held.c.author_id)
        .outerjoin(messages, messages.c.id == held.c.message_id)
        .where(_WAITING, held.c.reviewed, rooms.c.deleted_at.is_(None), held.c.id > after)
        .where(*(held.c[name] == value for name, value in filters.items() if value is not None))
        .order_by(held.c.id)
        .limit(most)
    )
    return [_for_moderators(tx, row) for row in tx.execute(query)]


def command_of(row: Any, *, approved: bool = False) -> Send | Edit:
    """The text as its author handed it in, once more."""
    common: Json = {
        "user_id": row.author_id,
        "role": row.author_role,
        "client_id": row.client_id,
        "room_id": row.room_id,
        "content": row.content,
        "held_id": row.id,
        "approved": approved,
    }
    return Send(**common, reply_to=row.reply_to) if row.kind == "message" else Edit(**common, message_id=row.message_id)


def find(tx: ReadSession, held_id: str) -> Row[Any] | None:
    """The text, if it waits."""
    return tx.execute(select(held).where(held.c.id == held_id, _WAITING)).one_or_none()


def withdraw(tx: WriteSession, user_id: str, held_id: str) -> None:
    """Its author wants it no more, or has read that it was rejected."""
    own(tx, user_id, held_id)
    tx.execute(delete(held).where(held.c.id == held_id))


def turn_down(tx: WriteSession, reasons: Mapping[str, str], note: str | None = None) -> list[Row[Any]]:
    """These are not sent, for these reasons; those that waited until now."""
    gone: list[Row[Any]] = []
    for held_id, reason in reasons.items():
        changed = update(held).where(held.c.id == held_id, _WAITING).returning(*held.c)
        values = {"status": "rejected", "reason": reason[:40], "note": note, "decided_at": tx.now}
        gone += tx.execute(changed.values(**values)).all()
    return gone


def forget(tx: WriteSession, *where: ColumnElement[bool]) -> None:
    """Drop these."""
    tx.execute(delete(held).where(*where))


def detach(tx: WriteSession, file_id: str) -> None:
    """What waits goes on without a file that is gone."""
    for row in tx.execute(select(held.c.id, held.c.attachments).where(held.c.attachments.contains(file_id))).all():
        left = [file for file in orjson.loads(row.attachments) if file["id"] != file_id]
        tx.execute(update(held).where(held.c.id == row.id).values(attachments=orjson.dumps(left).decode()))


def count(tx: ReadSession, room_id: str, author_id: str) -> int:
    """How many of the author's wait in the room."""
    mine = select(func.count()).select_from(held)
    number: int = tx.execute(
        mine.where(held.c.room_id == room_id, held.c.author_id == author_id, _WAITING)
    ).scalar_one()
    return number


def holds_edit(tx: ReadSession, room_id: str, author_id: str, client_id: str) -> bool:
    """Whether an edit of the author's waits in the room, or was rejected, under this client_id."""
    key = (held.c.author_id == author_id, held.c.room_id == room_id, held.c.kind == EDIT, held.c.client_id == client_id)
    return tx.execute(select(held.c.id).where(*key)).first() is not None


def _for_moderators(tx: ReadSession, row: Any) -> Json:
    author = unknown_author(row.author_id)
    if row.known_id is not None:
        author = author_view({**row._mapping, "id": row.author_id})
    shown = {name: value for name, value in _view(row).items() if name not in ("client_id", "status", "decided_at")}
    return shown | {"author": author, "says_now": row.says_now, "refusal": _refusal(tx, row)}


def _refusal(tx: ReadSession, row: Any) -> str | None:
    """Why an approval would not help at the moment."""
    member = (members.c.room_id == row.room_id) & (members.c.user_id == row.author_id)
    if tx.execute(select(members.c.role).where(member)).scalar_one_or_none() is None:
        return "not_a_member"
    here = or_(restrictions.c.room_id == row.room_id, restrictions.c.room_id == "")
    ends = tx.execute(select(restrictions).where(restrictions.c.user_id == row.author_id, here))
    kinds = {each.kind for each in ends if policy.is_active(each.expires_at, tx.now)}
    return "banned" if "ban" in kinds else "muted" if "mute" in kinds else None


def _view(row: Any) -> Json:
    return {
        "id": row.id,
        "kind": row.kind,
        "room_id": row.room_id,
        "message_id": row.message_id,
        "content": row.content,
        "reply_to": row.reply_to,
        "attachments": orjson.loads(row.attachments),
        "client_id": row.client_id,
        "status": row.status,
        "reason": row.reason,
        "note": row.note,
        "created_at": rfc3339(row.created_at),
        "decided_at": None if row.decided_at is None else rfc3339(row.decided_at),
    }
