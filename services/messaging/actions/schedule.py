"""Keep a message for later, and let go of it once it is sent."""

from typing import Any

import orjson

from services.messaging import policy
from services.messaging.batch import Batch
from services.messaging.commands import Scheduled, Send
from shared.ids import new_id
from shared.problems import Conflict


def schedule(batch: Batch, command: Send) -> Scheduled:
    """Store it for its time; once for each `client_id`. Raises Invalid for too many or too far ahead."""
    assert command.send_at is not None
    key = (command.user_id, command.room_id, command.client_id or "")
    earlier = batch.scheduled.get(key)
    if earlier is not None:
        return Scheduled(earlier["id"], earlier["send_at"])
    place = (command.user_id, command.room_id)
    count = batch.pending.get(place, 0)
    policy.room_for_one_more(count, policy.MAX_SCHEDULES, "too_many_scheduled", "messages can wait in a room")
    batch.pending[place] = count + 1
    row = _row(batch, command)
    batch.changes.schedule(row)
    if command.client_id is not None:
        batch.scheduled[key] = row
    return Scheduled(row["id"], row["send_at"])


def require_schedule(batch: Batch, command: Send) -> None:
    """Of a scheduled message: it still waits, and for nothing else than what was reviewed."""
    if command.schedule_id is not None:
        row = batch.schedules.get(command.schedule_id)
        if row is None or row["due_at"] is None or row["due_at"] > batch.now or row["content"] != command.content:
            raise Conflict("rescheduled", "The scheduled message was changed, cancelled or sent.")


def drop_schedule(batch: Batch, command: Send) -> None:
    """It is sent, in this very transaction."""
    if command.schedule_id is not None:
        batch.changes.unschedule(command.schedule_id)


def _row(batch: Batch, command: Send) -> dict[str, Any]:
    return {
        "id": new_id(),
        "room_id": command.room_id,
        "author_id": command.user_id,
        "client_id": command.client_id,
        "content": command.content,
        "reply_to": command.reply_to,
        "attachments": orjson.dumps(command.attachments).decode(),
        "send_at": command.send_at,
        "due_at": command.send_at,
        "error": None,
        "created_at": batch.now,
    }
