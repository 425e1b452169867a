"""Give a message another content."""

from typing import Any

import orjson

from services.messaging import policy
from services.messaging.actions.hold import hold, why_held
from services.messaging.actions.send import call
from services.messaging.batch import Batch
from services.messaging.commands import Edit, Held, Prepared, Stored
from services.messaging.mentions import EVERYBODY, calls_room, mentioned


def edit(batch: Batch, prepared: Prepared) -> Stored | Held:
    """Check, keep what it said before, change and tell. The same content again changes nothing. What a moderator has to
    look at first is kept for that, and the message stays as it is until it is approved.

    Raises Forbidden for anybody but the author and for messages of the system, Conflict for a deleted message, Invalid
    when moderation blocks it.
    """
    command, verdict = prepared.command, prepared.verdict
    assert isinstance(command, Edit)
    waiting = batch.waiting(command)
    if waiting is None and (done := batch.done(command)) is not None:
        return done
    row, room = batch.target(command)
    policy.must_be_open(room.state)
    policy.is_author(row["author_id"], command.user_id)
    policy.is_text(row["kind"])
    policy.is_there(row["deleted_at"])
    policy.accept_verdict(verdict.action, verdict.code)
    content = command.content if verdict.text is None else verdict.text
    if content != row["content"] and (why := why_held(batch, room, command, verdict)) is not None:
        return hold(batch, room, command, verdict, why)
    batch.changes.forget_edits(row["id"])
    if content == row["content"]:
        return batch.finish(command, row["seq"])
    new = _reword(batch, row, content, policy.is_moderator(batch.role(room.id, command.user_id), command.role))
    batch.revise(row, room.seq + 1)
    row |= {"content": content, "edited_at": batch.now, "reviewed": verdict.reviewed}
    entry = batch.update(room, row)
    call(batch, row | {"mentions_room": False}, new)
    return batch.finish(command, entry.seq)


def _reword(batch: Batch, row: dict[str, Any], content: str, moderates: bool) -> list[str]:
    """Let the message call whom its new content names; those who are new."""
    names = mentioned(content, lambda name: batch.member_named(row["room_id"], name))
    before = set(orjson.loads(row["mentions"]))
    batch.changes.changing(row)
    row["mentions"] = orjson.dumps(names).decode()
    row["mentions_room"] = calls_room(content) and (moderates or row["mentions_room"])
    batch.changes.mention_nobody(row["id"])
    batch.changes.mention(row, [*names, *([EVERYBODY] if row["mentions_room"] else [])])
    return [name for name in names if name not in before]
