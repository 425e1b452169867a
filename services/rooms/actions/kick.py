"""Remove a member."""

from services.rooms.access import enter, no_such_member
from services.rooms.actions.depart import depart
from services.rooms.policy import Standing, may_kick
from services.rooms.store import invites, members, users
from shared.caller import Caller
from shared.database import WriteSession


def kick(tx: WriteSession, caller: Caller, room_id: str, user_id: str) -> None:
    """The member is out, and an invitation made out to that person is worth nothing any more."""
    room, standing = enter(tx, caller, room_id)
    role = members.role_of(tx, room_id, user_id)
    may_kick(standing, Standing(room.kind, role, users.house_role(tx, user_id) if role else "user"))
    if role is None:
        raise no_such_member()
    invites.remove_named(tx, room_id, user_id)
    depart(tx, room, user_id, "kicked", caller.user_id)
