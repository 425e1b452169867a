"""Come into a room."""

from services.rooms.access import require_living
from services.rooms.events import MemberJoined, MemberState
from services.rooms.policy import must_have_room, no_such_room
from services.rooms.store import bans, invites, members, rooms
from services.rooms.store.invites import InviteRow
from services.rooms.store.members import MemberRow
from services.rooms.store.rooms import RoomRow
from shared.caller import Caller
from shared.database import WriteSession
from shared.problems import Forbidden


def join(tx: WriteSession, caller: Caller, room_id: str, code: str | None) -> MemberRow:
    """The caller as a member; nothing changes for one who is in already."""
    room = rooms.find(tx, room_id)
    if room is None:
        raise no_such_room()
    already = members.find(tx, room_id, caller.user_id)
    if already is not None:
        return already
    _let_in(tx, caller, room, code)
    member = members.add(tx, room_id, caller.user_id, "member")
    tx.record(MemberJoined(room_id=room_id, member=MemberState.model_validate(member)))
    return member


def _let_in(tx: WriteSession, caller: Caller, room: RoomRow, code: str | None) -> None:
    require_living(tx, caller)
    # Said even of a private room: whoever is banned from it was told so, and does not learn that it exists.
    if bans.is_banned(tx, room.id, caller.user_id):
        raise Forbidden("banned", "You are banned from this room.")
    invite = None if room.kind == "public" else _invitation(tx, caller, room, code)
    must_have_room(room.member_count, room.max_members)
    if invite is not None:
        invites.use(tx, invite.code)


def _invitation(tx: WriteSession, caller: Caller, room: RoomRow, code: str | None) -> InviteRow:
    found = None if room.kind == "direct" else invites.open_for(tx, room.id, caller.user_id, code)
    if found is None:
        raise no_such_room()
    return found
