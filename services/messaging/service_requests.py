"""What other services ask: moderation for a message and its surroundings, auth for all that a person has written."""

from typing import Any

import msgspec
from sqlalchemy import select

from services.messaging import queries
from services.messaging.access import require_message
from services.messaging.epoch import EpochGuard
from services.messaging.models import messages
from services.messaging.reading import convert
from shared.bus import Bus
from shared.database import Database, ReadSession

_AROUND = 5
_PAGE = 200
_PAGE_BYTES = 384 * 1024


class SnapshotQuestion(msgspec.Struct):
    message_id: str
    user_id: str


class ExportQuestion(msgspec.Struct):
    user_id: str
    after: str = ""


class ServiceRequests:
    """The handlers; `serve` puts them on the bus."""

    def __init__(self, db: Database, guard: EpochGuard) -> None:
        self._db = db
        self._guard = guard

    async def serve(self, bus: Bus) -> None:
        """Answer requests from now on."""
        await bus.serve("snapshot", self.snapshot)
        await bus.serve("export", self.export)

    async def snapshot(self, request: dict[str, Any]) -> dict[str, Any]:
        """{"message_id", "user_id"} -> {"message", "before", "after"} as that user sees them, if at all."""
        await self._guard.passed()
        asked = convert(request, SnapshotQuestion)
        return await self._db.read(snapshot, asked.message_id, asked.user_id)

    async def export(self, request: dict[str, Any]) -> dict[str, Any]:
        """{"user_id", "after"?} -> {"files": {"messages.json": [Message]}, "next": the next `after`, or null}."""
        await self._guard.passed()
        asked = convert(request, ExportQuestion)
        return await self._db.read(export, asked.user_id, asked.after)


def snapshot(tx: ReadSession, message_id: str, user_id: str) -> dict[str, Any]:
    """A message with up to five before and five after it."""
    row, _ = require_message(tx, user_id, message_id)
    near = queries.WITH_AUTHOR.where(messages.c.room_id == row.room_id).limit(_AROUND)
    before = tx.execute(near.where(messages.c.seq < row.seq).order_by(messages.c.seq.desc())).all()[::-1]
    after = tx.execute(near.where(messages.c.seq > row.seq).order_by(messages.c.seq)).all()
    return {
        "message": queries.get_message(tx, user_id, message_id),
        "before": queries.views(tx, before, user_id),
        "after": queries.views(tx, after, user_id),
    }


def export(tx: ReadSession, user_id: str, after: str) -> dict[str, Any]:
    """A page of the person's messages, in the order of their ids, small enough for one answer."""
    lengths = select(messages.c.id, messages.c.content, messages.c.attachments).where(
        messages.c.author_id == user_id, messages.c.id > after
    )
    ids: list[str] = []
    size = 0
    more = False
    for row in tx.execute(lengths.order_by(messages.c.id).limit(_PAGE + 1)):
        size += 4 * len(row.content) + 4 * len(row.attachments) + 1_000
        if len(ids) == _PAGE or (ids and size > _PAGE_BYTES):
            more = True
            break
        ids.append(row.id)
    found = queries.by_id(tx, user_id, ids)
    return {"files": {"messages.json": found}, "next": ids[-1] if more else None}
