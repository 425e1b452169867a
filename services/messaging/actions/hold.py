"""Keep a text until a moderator has looked at it; nobody but its author knows of it (docs/decisions/0030)."""

from collections.abc import Sequence
from typing import Any

import orjson

from services.messaging import policy
from services.messaging.batch import Batch
from services.messaging.commands import EDIT, Edit, File, Held, Send, Verdict
from services.messaging.timeline import RoomHead
from shared.ids import new_id
from shared.problems import Conflict

SCREENED = "screened"


def why_held(batch: Batch, room: RoomHead, command: Send | Edit, verdict: Verdict) -> str | None:
    """The reason for which others do not see the text yet; None when they may."""
    if command.approved:
        return None
    if command.held_id is not None and not verdict.reviewed:
        return "review"
    if verdict.action == "hold":
        return verdict.reason or "rule"
    return SCREENED if batch.is_screened(room.id, command.user_id) else None


def hold(
    batch: Batch, room: RoomHead, command: Send | Edit, verdict: Verdict, why: str, files: Sequence[File] = ()
) -> Held:
    """The text waits, once for each `client_id`; one that waited for the review waits for a moderator from now on.

    Raises Invalid when too many of the author's wait in the room, Conflict for an edit whose `client_id` is that of a
    held edit of another message there.
    """
    if (row := batch.waiting(command)) is not None:
        if verdict.reviewed:
            content = command.content if verdict.text is None else verdict.text
            batch.changes.hold(row | {"content": content, "reviewed": True, "reason": why[:40]})
        return Held(row["id"])
    count = batch.held_by(room.id, command.user_id)
    policy.room_for_one_more(count, policy.MAX_HELD, "too_many_held", "texts of a person can wait in a room")
    if isinstance(command, Edit) and batch.holds_edit(room.id, command):
        raise Conflict("client_id_taken", "Another held edit in this room has the same client_id.")
    return keep(batch, room, command, verdict, why, files)


def keep(batch: Batch, room: RoomHead, command: Send | Edit, verdict: Verdict, why: str, files: Sequence[File]) -> Held:
    """It waits from now on, however many do."""
    row = {
        "id": new_id(),
        "kind": "message" if isinstance(command, Send) else EDIT,
        "room_id": room.id,  # an edit need not say where its message is
        "author_id": command.user_id,
        "author_role": command.role,
        "client_id": command.client_id,
        "message_id": None,
        "content": command.content if verdict.text is None else verdict.text,
        "reply_to": None,
        "attachments": "[]",
        "reviewed": verdict.reviewed,
        "status": "waiting",
        "reason": why[:40],
        "note": None,
        "created_at": batch.now,
        "decided_at": None,
    }
    return batch.hold(row | _of(command, files))


def _of(command: Send | Edit, files: Sequence[File]) -> dict[str, Any]:
    if isinstance(command, Edit):
        return {"message_id": command.message_id}
    return {"reply_to": command.reply_to, "attachments": orjson.dumps(list(files)).decode()}
