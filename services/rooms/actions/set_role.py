"""Give a member another role, or the whole room."""

from services.rooms.access import enter, no_such_member
from services.rooms.actions.depart import hand_over
from services.rooms.events import MemberRoleChanged
from services.rooms.policy import RoomRole, may_set_role
from services.rooms.store import members
from services.rooms.store.members import MemberRow
from services.rooms.store.rooms import RoomRow
from shared.caller import Caller
from shared.database import WriteSession


def set_role(tx: WriteSession, caller: Caller, room_id: str, user_id: str, role: RoomRole) -> MemberRow:
    """The member with the new role."""
    room, standing = enter(tx, caller, room_id)
    member = members.find(tx, room_id, user_id)
    may_set_role(standing, member.role if member else "none", role)
    if member is None:
        raise no_such_member()
    if role == member.role:
        return member
    if role == "owner":
        _pass_on(tx, room, user_id, caller.user_id)
    else:
        _give(tx, room_id, user_id, role, caller.user_id)
    return members.find(tx, room_id, user_id) or member


def _pass_on(tx: WriteSession, room: RoomRow, user_id: str, by: str) -> None:
    if room.owner_id is not None:
        _give(tx, room.id, room.owner_id, "moderator", by)
    hand_over(tx, room, user_id, by)


def _give(tx: WriteSession, room_id: str, user_id: str, role: RoomRole, by: str) -> None:
    members.set_role(tx, room_id, user_id, role)
    tx.record(MemberRoleChanged(room_id=room_id, user_id=user_id, role=role, by=by))
