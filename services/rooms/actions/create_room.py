"""Make a room; whoever makes it owns it."""

from dataclasses import replace

from services.rooms.access import require_living
from services.rooms.events import MemberState, RoomCreated, RoomState
from services.rooms.schemas import NewRoom, Room
from services.rooms.store import members, rooms
from services.rooms.store.rooms import RoomRow
from shared.caller import Caller
from shared.database import WriteSession
from shared.ids import new_id


def create_room(tx: WriteSession, caller: Caller, draft: NewRoom) -> Room:
    """A new room with its first member."""
    require_living(tx, caller)
    room = RoomRow(
        id=new_id(),
        name=draft.name,
        description=draft.description,
        kind=draft.kind,
        owner_id=caller.user_id,
        member_count=0,
        slow_mode_seconds=draft.slow_mode_seconds,
        profanity=draft.profanity,
        archived=False,
        max_members=draft.max_members,
        retention_days=draft.retention_days,
        expires_at=draft.end(tx.now),
        created_at=tx.now,
        updated_at=tx.now,
    )
    rooms.insert_room(tx, room)
    owner = members.add(tx, room.id, caller.user_id, "owner")
    tx.record(RoomCreated(room=RoomState.model_validate(room), members=[MemberState.model_validate(owner)]))
    return Room.of(replace(room, member_count=1), "owner")
