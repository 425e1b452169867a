"""The first step of nearly everything: find the room, and who the caller is in it."""

from services.rooms.policy import Standing, must_see, no_such_room
from services.rooms.store import members, rooms, users
from services.rooms.store.rooms import RoomRow
from shared.caller import Caller
from shared.database import ReadSession
from shared.problems import NotFound, Unauthorized


def enter(tx: ReadSession, caller: Caller, room_id: str) -> tuple[RoomRow, Standing]:
    """The room and the caller's standing in it; 404 for rooms that the caller does not see."""
    room = rooms.find(tx, room_id)
    if room is None:
        raise no_such_room()
    standing = Standing(room.kind, members.role_of(tx, room_id, caller.user_id), caller.role)
    must_see(standing)
    return room, standing


def require_living(tx: ReadSession, caller: Caller) -> None:
    """The token of somebody who was deleted a moment ago opens nothing."""
    if users.public(tx, caller.user_id) is None:
        raise Unauthorized("unauthorized", "This account is gone.")


def no_such_member() -> NotFound:
    """The person named in the path is not in the room."""
    return NotFound("This person is not a member of the room.")
