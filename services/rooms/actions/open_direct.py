"""Open the conversation of two."""

from services.rooms.access import require_living
from services.rooms.events import MemberState, RoomCreated, RoomState
from services.rooms.policy import no_such_room
from services.rooms.schemas import DirectRoom
from services.rooms.store import blocks, direct, members, rooms, users
from services.rooms.store.rooms import RoomRow
from shared.caller import Caller
from shared.database import WriteSession
from shared.ids import new_id
from shared.problems import Forbidden, NotFound


def open_direct(tx: WriteSession, caller: Caller, user_id: str) -> DirectRoom:
    """The one direct room of the caller and this person, made on first use."""
    require_living(tx, caller)
    other = users.public(tx, user_id)
    if other is None or user_id == caller.user_id:
        raise NotFound("There is no such person to talk to.")
    if blocks.stands_between(tx, caller.user_id, user_id):
        raise Forbidden("blocked", "One of you has blocked the other.")
    room_id = direct.find(tx, caller.user_id, user_id) or _begin(tx, caller.user_id, user_id)
    room = rooms.find(tx, room_id)
    if room is None:
        raise no_such_room()
    return DirectRoom.between(room, other)


def _begin(tx: WriteSession, one_id: str, other_id: str) -> str:
    room = RoomRow(
        id=new_id(),
        name="",
        description="",
        kind="direct",
        owner_id=None,
        member_count=0,
        slow_mode_seconds=0,
        profanity="off",
        archived=False,
        max_members=None,
        retention_days=None,
        expires_at=None,
        created_at=tx.now,
        updated_at=tx.now,
    )
    rooms.insert_room(tx, room)
    both = [members.add(tx, room.id, user_id, "member") for user_id in (one_id, other_id)]
    direct.insert_pair(tx, one_id, other_id, room.id)
    people = [MemberState.model_validate(member) for member in both]
    tx.record(RoomCreated(room=RoomState.model_validate(room), members=people))
    return room.id
