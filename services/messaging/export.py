"""What messaging keeps about a person, for the person: a page at a time, each small enough for one answer.

First their messages, then what those said before they were edited, what is scheduled, what waits for a moderator, and
their reactions.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from sqlalchemy import and_, or_, select

from services.messaging import held, queries, schedules
from services.messaging.models import messages, reactions, revisions
from services.messaging.models import schedules as later
from shared.clock import rfc3339
from shared.database import ReadSession
from shared.problems import Invalid

_PAGE = 200
_PAGE_BYTES = 384 * 1024
_AROUND_TEXT = 1_000
_Page = tuple[list[dict[str, Any]], str | None]


def export(tx: ReadSession, user_id: str, after: str) -> dict[str, Any]:
    """{"files": {name: list}, "next"}: asked again with `next` as `after` until there is none."""
    name, _, last = (after or "messages:").partition(":")
    if name not in _STAGES:
        raise Invalid("invalid", "This is not how an export is asked for.")
    found, more = _STAGES[name](tx, user_id, last)
    following = f"{name}:{more}" if more else _AFTER.get(name)
    return {"files": {f"{name}.json": found}, "next": following}


def _messages(tx: ReadSession, user_id: str, last: str) -> _Page:
    """In the order of their ids."""
    lengths = select(messages.c.id, messages.c.content, messages.c.attachments).where(
        messages.c.author_id == user_id, messages.c.id > last
    )
    rows = tx.execute(lengths.order_by(messages.c.id).limit(_PAGE + 1))
    some, more = _that_fit((row, 4 * len(row.content) + 4 * len(row.attachments)) for row in rows)
    found = queries.by_id(tx, user_id, [row.id for row in some])
    return [message.plain() for message in found], some[-1].id if more else None


def _earlier(tx: ReadSession, user_id: str, last: str) -> _Page:
    """By message and number."""
    message_id, _, seq = last.partition("/")
    key = (revisions.c.message_id, revisions.c.seq)
    behind = or_(key[0] > message_id, and_(key[0] == message_id, key[1] > int(seq or 0)))
    theirs = select(revisions).join(messages, messages.c.id == key[0]).where(messages.c.author_id == user_id, behind)
    rows = tx.execute(theirs.order_by(*key).limit(_PAGE + 1))
    some, more = _that_fit((row, 4 * len(row.content)) for row in rows)
    found = [
        {"message_id": row.message_id, "content": row.content, "written_at": rfc3339(row.written_at)} for row in some
    ]
    return found, f"{some[-1].message_id}/{some[-1].seq}" if more else None


def _scheduled(tx: ReadSession, user_id: str, last: str) -> _Page:
    query = select(later).where(later.c.author_id == user_id, later.c.id > last).order_by(later.c.id)
    some, more = _that_fit((row, 4 * len(row.content)) for row in tx.execute(query.limit(_PAGE + 1)))
    return [schedules.view(row) for row in some], some[-1].id if more else None


def _held(tx: ReadSession, user_id: str, _: str) -> _Page:
    return held.of_person(tx, user_id), None


def _reactions(tx: ReadSession, user_id: str, last: str) -> _Page:
    """By message; one with more than a page of one person's there can't be (20 different at most)."""
    query = select(reactions.c.message_id, reactions.c.emoji).where(
        reactions.c.user_id == user_id, reactions.c.message_id > last
    )
    rows = list(tx.execute(query.order_by(reactions.c.message_id, reactions.c.emoji).limit(_PAGE + 1)))
    more = len(rows) > _PAGE
    if more:  # the last message may have more of them
        rows = [row for row in rows if row.message_id != rows[-1].message_id]
    return [{"message_id": row.message_id, "emoji": row.emoji} for row in rows], rows[-1].message_id if more else None


_STAGES = {
    "messages": _messages,
    "earlier": _earlier,
    "scheduled": _scheduled,
    "held_messages": _held,
    "reactions": _reactions,
}
_AFTER = {stage: f"{following}:" for stage, following in pairwise(_STAGES)}


def _that_fit(rows: Iterable[tuple[Any, int]]) -> tuple[Sequence[Any], bool]:
    """The first rows that fit into an answer, one at least, and whether there are more."""
    some: list[Any] = []
    size = 0
    for row, length in rows:
        size += length + _AROUND_TEXT
        if len(some) == _PAGE or (some and size > _PAGE_BYTES):
            return some, True
        some.append(row)
    return some, False
