"""The first step of nearly everything: find the room, and who stands where in it."""

from services.moderation.policy import Standing, may_restrict, must_be_another, no_such_room
from services.moderation.store import members, rooms, users
from services.moderation.store.rooms import RoomRow
from shared.caller import Caller
from shared.database import ReadSession
from shared.problems import NotFound


def require_room(tx: ReadSession, room_id: str) -> RoomRow:
    """The room, or 404."""
    room = rooms.find(tx, room_id)
    if room is None:
        raise no_such_room()
    return room


def standing_of(tx: ReadSession, room: RoomRow, caller: Caller) -> Standing:
    """Where the caller stands in front of the room."""
    return Standing(room.kind, members.role_of(tx, room.id, caller.user_id), caller.role)


def require_restrictor(tx: ReadSession, room: RoomRow, caller: Caller, user_id: str) -> None:
    """Return when the caller may mute or ban this person in the room, or take it back; else raise what refuses it."""
    may_restrict(standing_of(tx, room, caller), target_in(tx, room, user_id))
    must_be_another(caller.user_id, user_id)


def target_in(tx: ReadSession, room: RoomRow, user_id: str) -> Standing:
    """Where somebody else stands, member or not; 404 for nobody."""
    return Standing(room.kind, members.role_of(tx, room.id, user_id), require_person(tx, user_id))


def require_person(tx: ReadSession, user_id: str) -> str:
    """The role in the house of somebody who exists."""
    role = users.role_of(tx, user_id)
    if role is None:
        raise NotFound("There is no such person.")
    return role
