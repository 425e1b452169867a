"""Change a room's settings."""

from typing import Any

from services.rooms.access import enter
from services.rooms.actions.tell import tell_updated
from services.rooms.policy import may_edit, may_set_retention
from services.rooms.schemas import Room, RoomChanges
from services.rooms.store import rooms
from services.rooms.store.rooms import RoomRow
from shared.caller import Caller
from shared.database import WriteSession


def update_room(tx: WriteSession, caller: Caller, room_id: str, changes: RoomChanges) -> Room:
    """The room with its new settings; nothing is told when nothing is new."""
    room, standing = enter(tx, caller, room_id)
    may_edit(standing)
    news = _news(room, changes.values(tx.now))
    if not news:
        return Room.of(room, standing.room_role)
    if "retention_days" in news:
        may_set_retention(standing)
    rooms.change(tx, room_id, {**news, "updated_at": tx.now})
    return Room.of(tell_updated(tx, room_id, caller.user_id), standing.room_role)


def _news(room: RoomRow, values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if getattr(room, name) != value}
