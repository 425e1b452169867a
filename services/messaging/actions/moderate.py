"""What happens to a message without its author: removed, or without a file that is gone."""

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import delete, select

from services.messaging import held
from services.messaging.actions.delete import bury
from services.messaging.batch import Batch
from services.messaging.commands import NOBODY, Judge, Prepared
from services.messaging.models import message_files
from shared.database import WriteSession


def remove_message(tx: WriteSession, message_id: str, by: str | None, reason: str | None) -> None:
    """A moderator or a rule takes the message away; nothing if it is gone already."""
    batch = _batch(tx, [message_id])
    for row in _there(batch):
        bury(batch, batch.timeline.room(row["room_id"]), row, by=by, reason=reason)
    batch.flush()


def detach_file(tx: WriteSession, file_id: str) -> None:
    """Messages that carried the file, or would carry it, go on without it."""
    held.detach(tx, file_id)
    carried = message_files.c.file_id == file_id
    batch = _batch(tx, list(tx.execute(select(message_files.c.message_id).where(carried)).scalars()))
    for row in _there(batch):
        room = batch.timeline.room(row["room_id"])
        batch.changes.changing(row)
        batch.revise(row, room.seq + 1)  # so that a later deletion finds the entry below
        left = [file for file in orjson.loads(row["attachments"]) if file["id"] != file_id]
        row["attachments"] = orjson.dumps(left).decode()
        batch.redact(row)
        batch.update(room, row)
    batch.flush()
    tx.execute(delete(message_files).where(carried))


def _batch(tx: WriteSession, ids: Sequence[str]) -> Batch:
    return Batch(tx, [Prepared(Judge(user_id=NOBODY, message_id=each, content="")) for each in ids])


def _there(batch: Batch) -> list[dict[str, Any]]:
    """Messages that are not deleted, in rooms that are not gone, in the order in which they were sent."""
    rows = [row for row in batch.messages.values() if row["deleted_at"] is None]
    return sorted((row for row in rows if batch.timeline.known(row["room_id"])), key=lambda row: row["seq"])
