"""Tell that a room is not what it was."""

from typing import Literal

from services.rooms.events import RoomDeleted, RoomState, RoomUpdated
from services.rooms.policy import no_such_room
from services.rooms.store import rooms
from services.rooms.store.rooms import RoomRow
from shared.database import WriteSession


def tell_updated(tx: WriteSession, room_id: str, by: str | None) -> RoomRow:
    """The room as it stands now is news."""
    room = rooms.find(tx, room_id)
    if room is None:
        raise no_such_room()
    tx.record(RoomUpdated(room=RoomState.model_validate(room), by=by))
    return room


def end_room(
    tx: WriteSession, room_id: str, reason: Literal["deleted", "expired", "empty"], by: str | None = None
) -> None:
    """The room and everything about it is gone."""
    rooms.remove(tx, room_id)
    tx.record(RoomDeleted(room_id=room_id, reason=reason, by=by))
