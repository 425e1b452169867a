"""Store a message."""

from typing import Any

import orjson

from services.messaging import policy
from services.messaging.actions.hold import hold, why_held
from services.messaging.actions.schedule import drop_schedule, require_schedule, schedule
from services.messaging.attachments import claimed
from services.messaging.batch import Batch
from services.messaging.commands import File, Held, Prepared, Scheduled, Send, Stored, Verdict
from services.messaging.mentions import EVERYBODY, calls_room, mentioned
from services.messaging.timeline import RoomHead
from shared.ids import new_id
from shared.problems import NotFound


def send(batch: Batch, prepared: Prepared) -> Stored | Scheduled | Held:
    """Check, store and tell: one message, once for each `client_id` of its author in the room. One that a moderator has
    to look at first is kept for that, and becomes a message here when it is approved.

    Raises Forbidden for non-members, for who is muted, banned or blocked, and in archived rooms; NotFound for a room, a
    quoted message or a file that is not there; Invalid when moderation blocks the text or has rejected it; TooMany in
    slow mode.
    """
    command, verdict = prepared.command, prepared.verdict
    assert isinstance(command, Send)
    waiting = batch.waiting(command)
    if waiting is None and (earlier := batch.earlier(command)) is not None:
        drop_schedule(batch, command)
        return earlier
    require_schedule(batch, command)
    room = batch.admit(command.room_id, command.user_id)
    policy.must_be_open(room.state)
    policy.accept_verdict(verdict.action, verdict.code)
    thread_id = _thread(batch, command)
    files = claimed(prepared.files, command) if waiting is None else orjson.loads(waiting["attachments"])
    if command.send_at is not None and command.send_at > batch.now:
        return schedule(batch, command)
    if waiting is None:
        _keep_pace(batch, room, command)
        drop_schedule(batch, command)
    if (why := why_held(batch, room, command, verdict)) is not None:
        return hold(batch, room, command, verdict, why, files)
    row = _row(batch, command, verdict, files, thread_id)
    if waiting is not None:
        batch.release(waiting)
    return _tell(batch, room, row, files)


def _tell(batch: Batch, room: RoomHead, row: dict[str, Any], files: list[File]) -> Stored:
    names: list[str] = orjson.loads(row["mentions"])
    row["seq"] = room.seq + 1
    entry = batch.timeline.append(room, "message.created", {"message": batch.render(row)})
    row["pos"] = entry.pos
    if room.kind == "direct" and room.seq <= batch.NEW_ROOM and not batch.has_begun(room.id):
        batch.notify("direct", batch.members(room.id), row)
    call(batch, row, names)
    everybody = [EVERYBODY] if row["mentions_room"] else []
    return batch.store(row, [*names, *everybody], [file["id"] for file in files])


def call(batch: Batch, row: dict[str, Any], names: list[str]) -> None:
    """Notify who is mentioned, by name or as one of the room."""
    if row["mentions_room"]:
        batch.notify("mentioned", batch.members(row["room_id"]), row)
    elif names:
        batch.notify("mentioned", names, row)


def _thread(batch: Batch, command: Send) -> str | None:
    """The message that the thread of the quoted one began with."""
    if command.reply_to is None:
        return None
    quoted = batch.messages.get(command.reply_to)
    if quoted is None or quoted["room_id"] != command.room_id:
        raise NotFound("The message you reply to is not in this room.")
    thread_id: str = quoted["thread_id"] or quoted["id"]
    return thread_id


def _moderates(batch: Batch, command: Send) -> bool:
    return policy.is_moderator(batch.role(command.room_id, command.user_id), command.role)


def _keep_pace(batch: Batch, room: RoomHead, command: Send) -> None:
    seconds = room.state.get("slow_mode_seconds") or 0
    if seconds and not _moderates(batch, command):
        place = (room.id, command.user_id)
        policy.keep_pace(batch.pace.get(place), batch.now, seconds)
        batch.pace[place] = batch.now
        batch.changes.wrote(*place, batch.now)


def _row(batch: Batch, command: Send, verdict: Verdict, files: list[File], thread_id: str | None) -> dict[str, Any]:
    content = command.content if verdict.text is None else verdict.text
    names = mentioned(content, lambda name: batch.member_named(command.room_id, name))
    return {
        "id": command.held_id or new_id(),
        "room_id": command.room_id,
        "author_id": command.user_id,
        "client_id": command.client_id,
        "content": content,
        "kind": "text",
        "reply_to": command.reply_to,
        "thread_id": thread_id,
        "attachments": orjson.dumps(files).decode() if files else "[]",
        "mentions": orjson.dumps(names).decode() if names else "[]",
        "mentions_room": calls_room(content) and _moderates(batch, command),
        "reviewed": verdict.reviewed,
        "reacted": False,
        "pinned_at": None,
        "pinned_by": None,
        "created_at": batch.now,
        "edited_at": None,
        "deleted_at": None,
    }
