"""Carry out what moderation says of a text that was stored while it was away."""

from typing import Any

import orjson

from services.messaging import policy
from services.messaging.actions.delete import bury
from services.messaging.actions.hold import keep
from services.messaging.batch import Batch
from services.messaging.commands import Judge, Prepared, Send, Stored, Verdict
from services.messaging.timeline import RoomHead

REASON = "blocked by moderation"


def judge(batch: Batch, prepared: Prepared) -> Stored:
    """Let the text be, mask it, or remove it; nothing if it says something else by now.

    What a moderator has to look at is removed too, and waits: approved, it is said anew.
    """
    command, verdict = prepared.command, prepared.verdict
    assert isinstance(command, Judge)
    row = batch.messages.get(command.message_id)
    if row is None:
        raise policy.no_such_message()
    unchanged = row["deleted_at"] is None and row["content"] == command.content and not row["reviewed"]
    if not unchanged or not verdict.reviewed:
        return Stored(row["id"], row["seq"])
    batch.changes.changing(row)
    row["reviewed"] = True
    if verdict.action != "pass":
        _obey(batch, batch.timeline.room(row["room_id"]), row, verdict)
    return Stored(row["id"], row["seq"])


def _obey(batch: Batch, room: RoomHead, row: dict[str, Any], verdict: Verdict) -> None:
    if verdict.action == "hold":
        _keep(batch, room, row, verdict)
        bury(batch, room, row, by=None, reason=REASON, files_wait_until=batch.now + policy.HELD_FOR)
    elif verdict.action == "block":
        bury(batch, room, row, by=None, reason=REASON)
    elif verdict.action == "mask" and verdict.text is not None:
        _mask(batch, room, row, verdict.text)


def _keep(batch: Batch, room: RoomHead, row: dict[str, Any], verdict: Verdict) -> None:
    said = Send(user_id=row["author_id"], room_id=row["room_id"], content=row["content"], reply_to=row["reply_to"])
    keep(batch, room, said, verdict, verdict.reason or "rule", orjson.loads(row["attachments"]))


def _mask(batch: Batch, room: RoomHead, row: dict[str, Any], content: str) -> None:
    """Let the message say this instead, in replay too; it does not count as its author's edit."""
    batch.changes.changing(row)
    batch.revise(row, room.seq + 1)
    row |= {"content": content, "reviewed": True}
    batch.redact(row)
    batch.update(room, row)
