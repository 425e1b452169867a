"""Remember how far somebody has read."""

from services.messaging import policy
from services.messaging.batch import Batch
from services.messaging.commands import MarkRead, Noted, Prepared
from shared.problems import NotFound


def mark_read(batch: Batch, prepared: Prepared) -> Noted:
    """Check, move the marker and tell who is there; it never moves back, nor beyond the room's last entry."""
    command = prepared.command
    assert isinstance(command, MarkRead)
    room = batch.timeline.room(command.room_id)
    place = (room.id, command.user_id)
    role = batch.role(*place)
    if role is None and room.kind != "public":
        raise NotFound("There is no such room.")
    policy.may_post(role)
    before = batch.markers.get(place, 0)
    seq = min(command.seq, room.seq)
    if seq <= before:
        return Noted(before)
    batch.markers[place] = seq
    batch.changes.read(*place, seq)
    batch.reads.append((*place, seq))
    return Noted(seq)
