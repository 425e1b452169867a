"""Take note of a room's settings; the review learns of them when they are news."""

from services.moderation.heard import RoomHeard
from services.moderation.store import revisions, rooms
from services.moderation.store.rooms import RoomRow
from shared.database import WriteSession


def hear_room(tx: WriteSession, room: RoomHeard) -> None:
    """The room as rooms tells it now."""
    if rooms.put(tx, RoomRow(room.id, room.kind, room.profanity)):
        revisions.advance(tx, room.id)
