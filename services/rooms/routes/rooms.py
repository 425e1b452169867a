"""`/rooms`: list, make, show, change, end."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from services.rooms import queries
from services.rooms.actions.create_room import create_room
from services.rooms.actions.delete_room import delete_room
from services.rooms.actions.update_room import update_room
from services.rooms.policy import Kind
from services.rooms.routes.answers import ACCEPTED, nothing, settle
from services.rooms.schemas import NewRoom, Room, RoomChanges
from services.rooms.wiring import Wired
from shared.caller import SomeCaller
from shared.ids import Id
from shared.paging import Page, Paging
from shared.web.idempotency import Idempotent, once
from shared.web.json_body import StrictRoute

router = APIRouter(prefix="/api/v1/rooms", tags=["rooms"], route_class=StrictRoute)
_ACCEPTED_ROOM: dict[int | str, dict[str, Any]] = {202: {"model": Room, **ACCEPTED[202]}}


@router.get("", response_model=Page[Room])
async def get_rooms(
    caller: SomeCaller,
    wired: Wired,
    page: Paging,
    q: Annotated[str | None, Query(max_length=80, description="a part of the name")] = None,
    mine: Annotated[bool, Query(description="only rooms the caller is in")] = False,
    kind: Kind | None = None,
) -> dict[str, Any]:
    """Public rooms and the caller's own, newest first."""
    after = page.after[0] if page.after else None
    found = await wired.db.read(queries.list_rooms, caller, q=q, mine=mine, kind=kind, after=after, fetch=page.fetch)
    return page.page(found, lambda room: [room.id])


@router.post("", status_code=201, response_model=Room, responses=_ACCEPTED_ROOM)
async def post_room(
    caller: SomeCaller, wired: Wired, attempt: Idempotent, draft: NewRoom, response: Response
) -> Room | Any:
    """A new room, owned by the caller."""
    await wired.directory.meet(caller.user_id)
    draft = await wired.reviewer.review(caller, "", draft)
    room, in_order = await wired.timeline.commit(once, attempt, create_room, caller, draft)
    settle(response, in_order)
    return room


@router.get("/{room_id}")
async def get_room(caller: SomeCaller, wired: Wired, room_id: Id) -> Room:
    """One room."""
    return await wired.db.read(queries.show_room, caller, room_id)


@router.put("/{room_id}", responses=_ACCEPTED_ROOM)
async def put_room(caller: SomeCaller, wired: Wired, room_id: Id, changes: RoomChanges, response: Response) -> Room:
    """Change any of the room's settings."""
    await wired.db.read(queries.require_editor, caller, room_id)
    changes = await wired.reviewer.review(caller, room_id, changes)
    room, in_order = await wired.timeline.commit(update_room, caller, room_id, changes)
    settle(response, in_order)
    return room


@router.delete("/{room_id}", status_code=204, responses=ACCEPTED)
async def delete_room_(caller: SomeCaller, wired: Wired, room_id: Id) -> Response:
    """End the room for everybody."""
    _, in_order = await wired.timeline.commit(delete_room, caller, room_id)
    return nothing(in_order)
