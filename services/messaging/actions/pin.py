"""Pin a message to its room, or let go of it."""

from services.messaging import policy
from services.messaging.batch import Batch
from services.messaging.commands import Pin, Prepared, Stored


def pin(batch: Batch, prepared: Prepared) -> Stored:
    """Check, change and tell. What is so already stays so.

    Raises Forbidden for anybody but moderators, Conflict for a deleted message, Invalid for one pin too many.
    """
    command = prepared.command
    assert isinstance(command, Pin)
    row, room = batch.target(command)
    policy.may_pin(room.kind, batch.role(room.id, command.user_id), command.role)
    policy.is_there(row["deleted_at"])
    if (row["pinned_at"] is not None) == command.pinned:
        return batch.finish(command, row["seq"])
    count = batch.pins.get(room.id, 0)
    if command.pinned:
        policy.room_for_one_more(count, policy.MAX_PINS, "too_many_pins", "messages can be pinned in a room")
    batch.pins[room.id] = count + (1 if command.pinned else -1)
    batch.changes.changing(row)
    row["pinned_at"] = batch.now if command.pinned else None
    row["pinned_by"] = command.user_id if command.pinned else None
    body = {"message_id": row["id"], "by": command.user_id}
    entry = batch.timeline.append(room, "message.pinned" if command.pinned else "message.unpinned", body)
    return batch.finish(command, entry.seq)
