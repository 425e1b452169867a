"""What other services ask: moderation for a message and its surroundings and for what waits to be approved, auth for
all that a person has written."""

from typing import Annotated, Any

import msgspec
import orjson

from services.messaging import held, queries
from services.messaging.access import require_message
from services.messaging.epoch import EpochGuard
from services.messaging.export import export
from services.messaging.models import messages
from services.messaging.reading import convert
from shared.bus import Bus
from shared.database import Database, ReadSession

_AROUND = 5
_QUEUE_BYTES = 384 * 1024


class SnapshotQuestion(msgspec.Struct):
    message_id: str
    user_id: str


class ExportQuestion(msgspec.Struct):
    user_id: str
    after: str = ""


class HeldQuestion(msgspec.Struct):
    after: str = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=101)] = 50
    id: str | None = None
    room_id: str | None = None
    author_id: str | None = None
    kind: str | None = None


class ServiceRequests:
    """The handlers; `serve` puts them on the bus."""

    def __init__(self, db: Database, guard: EpochGuard) -> None:
        self._db = db
        self._guard = guard

    async def serve(self, bus: Bus) -> None:
        """Answer requests from now on."""
        await bus.serve("snapshot", self.snapshot)
        await bus.serve("held", self.held)
        await bus.serve("export", self.export)

    async def snapshot(self, request: dict[str, Any]) -> dict[str, Any]:
        """{"message_id", "user_id"} -> {"message", "before", "after"} as that user sees them, if at all."""
        await self._guard.passed()
        asked = convert(request, SnapshotQuestion)
        return await self._db.read(snapshot, asked.message_id, asked.user_id)

    async def held(self, request: dict[str, Any]) -> dict[str, Any]:
        """{"id"?, "room_id"?, "author_id"?, "kind"?, "after"?: id, "limit"?} -> {"items": what waits for a moderator,
        longest first, "more": whether there is more of it than fits into one answer}."""
        await self._guard.passed()
        asked = convert(request, HeldQuestion)
        filters = {name: getattr(asked, name) for name in ("id", "room_id", "author_id", "kind")}
        found = await self._db.read(held.queue, filters, asked.after, asked.limit)
        return _as_much_as_fits(found)

    async def export(self, request: dict[str, Any]) -> dict[str, Any]:
        """{"user_id", "after"?} -> {"files": {"messages.json": [Message], ...}, "next": the next `after`, or null}."""
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
        "message": queries.get_message(tx, user_id, message_id).plain(),
        "before": [message.plain() for message in queries.views(tx, before, user_id)],
        "after": [message.plain() for message in queries.views(tx, after, user_id)],
    }


def _as_much_as_fits(items: list[dict[str, Any]]) -> dict[str, Any]:
    size = 0
    for index, item in enumerate(items):
        size += len(orjson.dumps(item))
        if index and size > _QUEUE_BYTES:
            return {"items": items[:index], "more": True}
    return {"items": items, "more": False}
