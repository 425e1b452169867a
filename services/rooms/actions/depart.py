"""Somebody is out of a room: by leaving, by being removed, or because the person is no more."""

from typing import Literal

from services.rooms.actions.tell import end_room, tell_updated
from services.rooms.events import MemberLeft, MemberRoleChanged
from services.rooms.store import members, rooms
from services.rooms.store.rooms import RoomRow
from shared.database import WriteSession


def depart(
    tx: WriteSession, room: RoomRow, user_id: str, reason: Literal["left", "kicked", "banned"], by: str | None
) -> None:
    """One member less; the owner's place is handed over, and a closed room that nobody is in ends."""
    members.remove(tx, room.id, user_id)
    tx.record(MemberLeft(room_id=room.id, user_id=user_id, reason=reason, by=by))
    heir_id = members.heir(tx, room.id)
    if heir_id is None and room.kind != "public":
        end_room(tx, room.id, "empty")
    elif room.owner_id == user_id:
        hand_over(tx, room, heir_id, None)


def hand_over(tx: WriteSession, room: RoomRow, heir_id: str | None, by: str | None) -> None:
    """The room's next owner; an empty public room has none. `by` is who wanted it so."""
    rooms.change(tx, room.id, {"owner_id": heir_id, "updated_at": tx.now})
    if heir_id is not None:
        members.set_role(tx, room.id, heir_id, "owner")
        tx.record(MemberRoleChanged(room_id=room.id, user_id=heir_id, role="owner", by=by))
    tell_updated(tx, room.id, by)
