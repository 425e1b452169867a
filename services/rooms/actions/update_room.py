"""Change a room's settings."""

from typing import Any

from services.rooms.access import enter
from services.rooms.actions.tell import tell_updated
from services.rooms.policy import may_edit
from services.rooms.schemas import Room, RoomChanges
from services.rooms.store import rooms
from services.rooms.store.rooms import RoomRow
from shared.caller import Caller
from shared.database import WriteSession


def update_room(tx: WriteSession, caller: Caller, room_id: str, changes: RoomChanges) -> Room:
    """The room with its new settings; nothing is told when nothing is new."""
    room, standing = enter(tx, caller, room_id)
    may_edit(standing)
    values = changes.values(tx.now)
    if not _is_news(room, values):
        return Room.of(room, standing.room_role)
    rooms.change(tx, room_id, {**values, "updated_at": tx.now})
    return Room.of(tell_updated(tx, room_id), standing.room_role)


def _is_news(room: RoomRow, values: dict[str, Any]) -> bool:
    return any(getattr(room, name) != value for name, value in values.items())
