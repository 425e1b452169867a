"""Leave a tombstone where a message was."""

from datetime import datetime
from typing import Any

import orjson

from services.messaging import policy
from services.messaging.batch import Batch
from services.messaging.commands import Delete, Held, Prepared, Stored
from services.messaging.timeline import Entry, RoomHead
from shared.problems import Problem


def delete(batch: Batch, prepared: Prepared) -> Stored | Held:
    """Check, erase and tell. A message that is deleted already stays so.

    Raises Forbidden for members who are neither its author nor moderators.
    """
    command = prepared.command
    assert isinstance(command, Delete)
    if (done := batch.done(command)) is not None:
        return done
    row, room = _target(batch, command)
    policy.may_delete(row["author_id"], command.user_id, batch.role(room.id, command.user_id), command.role)
    if row["deleted_at"] is not None:
        return batch.finish(command, row["seq"])
    entry = bury(batch, room, row, by=command.user_id, by_moderator=row["author_id"] != command.user_id)
    return batch.finish(command, entry.seq)


def bury(
    batch: Batch,
    room: RoomHead,
    row: dict[str, Any],
    *,
    by: str | None,
    reason: str | None = None,
    files_wait_until: datetime | None = None,
    by_moderator: bool = False,
) -> Entry:
    """Erase what the message said, wherever that is kept: in its row, its earlier contents, the index, the log.

    Its files go with it, unless they are to wait for a message that may come. `by_moderator` is for who deletes
    somebody else's message here, of their own accord: moderation hears of it only by the entry.
    """
    batch.changes.changing(row)
    file_ids = [file["id"] for file in orjson.loads(row["attachments"])]
    batch.changes.erase(row["id"])
    batch.changes.forget_edits(row["id"])
    row |= {
        "content": "",
        "attachments": "[]",
        "mentions": "[]",
        "mentions_room": False,
        "reacted": False,
        "reviewed": True,
        "pinned_at": None,
        "pinned_by": None,
        "deleted_at": batch.now,
    }
    batch.counts.pop(row["id"], None)
    batch.redact(row)
    body = {"message_id": row["id"], "by": by, "reason": reason}
    return batch.timeline.append(
        room,
        "message.deleted",
        body,
        file_ids=file_ids,
        files_wait_until=files_wait_until,
        by_moderator=by_moderator,
    )


def _target(batch: Batch, command: Delete) -> tuple[dict[str, Any], RoomHead]:
    """The house's moderators need not be members, except where two talk."""
    try:
        return batch.target(command)
    except Problem:
        row = batch.messages.get(command.message_id)
        room = None if row is None else batch.timeline.known(row["room_id"])
        if row is None or room is None or room.kind == "direct" or not policy.is_house_moderator(command.role):
            raise
        if batch.role(room.id, command.user_id) is not None:
            raise
        return row, room
