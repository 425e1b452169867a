"""Add an emoji to a message, or take it back."""

from services.messaging import policy
from services.messaging.batch import Batch
from services.messaging.commands import Held, Prepared, React, Stored, Unreact


def react(batch: Batch, prepared: Prepared) -> Stored | Held:
    """Check, add and tell. Adding twice changes nothing.

    Raises Conflict for a deleted message, Invalid for one emoji too many.
    """
    command = prepared.command
    assert isinstance(command, React)
    if (done := batch.done(command)) is not None:
        return done
    row, room = batch.target(command)
    policy.must_be_open(room.state)
    policy.is_there(row["deleted_at"])
    key = (row["id"], command.user_id, command.emoji)
    if key in batch.own:
        return batch.finish(command, batch.own[key])
    counts = batch.counts.setdefault(row["id"], {})
    if command.emoji not in counts:
        policy.room_for_one_more(
            len(counts), policy.MAX_REACTIONS, "too_many_reactions", "different emoji fit on a message"
        )
    entry = batch.timeline.append(room, "reaction.added", _body(command))
    batch.changes.react(*key, entry.seq, stored=False)
    batch.own[key] = entry.seq
    counts[command.emoji] = counts.get(command.emoji, 0) + 1
    if not row["reacted"]:
        batch.changes.changing(row)
        row["reacted"] = True
    return batch.finish(command, entry.seq)


def unreact(batch: Batch, prepared: Prepared) -> Stored | Held:
    """Check, remove and tell. What is not there need not be removed."""
    command = prepared.command
    assert isinstance(command, Unreact)
    if (done := batch.done(command)) is not None:
        return done
    row, room = batch.target(command)
    key = (row["id"], command.user_id, command.emoji)
    if key not in batch.own:
        return batch.finish(command, row["seq"])
    entry = batch.timeline.append(room, "reaction.removed", _body(command))
    del batch.own[key]
    batch.changes.react(*key, None, stored=True)
    counts = batch.counts[row["id"]]
    counts[command.emoji] -= 1
    if not counts[command.emoji]:
        del counts[command.emoji]
    return batch.finish(command, entry.seq)


def _body(command: React | Unreact) -> dict[str, str]:
    return {"message_id": command.message_id, "user_id": command.user_id, "emoji": command.emoji}
