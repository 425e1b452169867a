"""Store a message."""

from typing import Any

import orjson

from services.messaging import policy
from services.messaging.batch import Batch
from services.messaging.commands import Send, Stored, Verdict
from services.messaging.render import author_view, render_message
from shared.ids import new_id
from shared.problems import NotFound


def send(batch: Batch, command: Send, verdict: Verdict) -> Stored:
    """Check, store and tell: one message, once for each `client_id` of its author in the room.

    Raises Forbidden for non-members and in archived rooms, NotFound for a room or a quoted message that is not there,
    Invalid when moderation blocks the text.
    """
    earlier = batch.earlier(command)
    if earlier is not None:
        return earlier
    room = batch.room_for(command.author_id, command.room_id)
    policy.may_post(batch.role(command.room_id, command.author_id))
    policy.must_be_open(room.state)
    policy.accept_verdict(verdict.action)
    if command.reply_to is not None and not batch.has_message(command.room_id, command.reply_to):
        raise NotFound("The message you reply to is not in this room.")
    row = _row(batch, command, verdict)
    author = author_view(batch.author(command.author_id))
    entry = batch.timeline.append(
        room, "message.created", {"message": render_message(row | {"seq": room.seq + 1}, author)}
    )
    return batch.add_message(row | {"seq": entry.seq})


def _row(batch: Batch, command: Send, verdict: Verdict) -> dict[str, Any]:
    return {
        "id": new_id(),
        "room_id": command.room_id,
        "author_id": command.author_id,
        "client_id": command.client_id,
        "content": command.content if verdict.text is None else verdict.text,
        "kind": "text",
        "reply_to": command.reply_to,
        "attachments": orjson.dumps(command.attachments).decode(),
        "mentions": "[]",
        "reviewed": verdict.reviewed,
        "created_at": batch.now,
        "edited_at": None,
        "deleted_at": None,
    }
