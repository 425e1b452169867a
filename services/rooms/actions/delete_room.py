"""End a room: by hand, or because its time is over."""

from services.rooms.access import enter
from services.rooms.actions.tell import end_room
from services.rooms.policy import may_delete
from services.rooms.store import rooms
from shared.caller import Caller
from shared.database import WriteSession


def delete_room(tx: WriteSession, caller: Caller, room_id: str) -> None:
    """The owner or an admin ends the room."""
    _, standing = enter(tx, caller, room_id)
    may_delete(standing)
    end_room(tx, room_id, "deleted", caller.user_id)


def end_expired(tx: WriteSession, limit: int) -> int:
    """Rooms whose time is over end, oldest first; says how many."""
    ended = rooms.ended(tx, limit)
    for room_id in ended:
        end_room(tx, room_id, "expired")
    return len(ended)
