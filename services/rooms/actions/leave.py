"""Leave a room."""

from services.rooms.access import enter
from services.rooms.actions.depart import depart
from services.rooms.policy import may_leave
from shared.caller import Caller
from shared.database import WriteSession


def leave(tx: WriteSession, caller: Caller, room_id: str) -> None:
    """The caller is no member afterwards, and need not have been one before."""
    room, standing = enter(tx, caller, room_id)
    may_leave(standing)
    if standing.room_role is not None:
        depart(tx, room, caller.user_id, "left", caller.user_id)
