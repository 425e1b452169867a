"""`/rooms/{room_id}/…`: come, go, and the people inside."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Response

from services.rooms import queries
from services.rooms.actions.join import join
from services.rooms.actions.kick import kick
from services.rooms.actions.leave import leave
from services.rooms.actions.set_role import set_role
from services.rooms.routes.answers import ACCEPTED, nothing, settle
from services.rooms.schemas import JoinRequest, Member, RoleChange
from services.rooms.wiring import Wired
from shared.caller import SomeCaller
from shared.clock import rfc3339
from shared.ids import Id
from shared.paging import Page, Paging
from shared.web.json_body import StrictRoute

router = APIRouter(prefix="/api/v1/rooms/{room_id}", tags=["members"], route_class=StrictRoute)
_ACCEPTED_MEMBER: dict[int | str, dict[str, Any]] = {202: {"model": Member, **ACCEPTED[202]}}


@router.post("/join", responses=_ACCEPTED_MEMBER)
async def post_join(
    caller: SomeCaller, wired: Wired, room_id: Id, response: Response, wish: JoinRequest | None = None
) -> Member:
    """Come in; a private room wants an invitation. Joining twice changes nothing."""
    await wired.directory.meet(caller.user_id)
    await wired.hear_bans()
    member, in_order = await wired.timeline.commit(join, caller, room_id, wish.invite if wish else None)
    settle(response, in_order)
    return Member.model_validate(member)


@router.post("/leave", status_code=204, responses=ACCEPTED)
async def post_leave(caller: SomeCaller, wired: Wired, room_id: Id) -> Response:
    """Go. An owner who goes hands over to the longest-standing moderator, else member."""
    _, in_order = await wired.timeline.commit(leave, caller, room_id)
    return nothing(in_order)


@router.get("/members", response_model=Page[Member])
async def get_members(caller: SomeCaller, wired: Wired, room_id: Id, page: Paging) -> dict[str, Any]:
    """Who is in the room, longest-standing first."""
    after = (datetime.fromisoformat(page.after[0]), page.after[1]) if page.after else None
    found = await wired.db.read(queries.list_members, caller, room_id, after, page.fetch)
    return page.page(found, lambda member: [rfc3339(member.joined_at), member.user_id])


@router.put("/members/{user_id}", responses=_ACCEPTED_MEMBER)
async def put_member(
    caller: SomeCaller, wired: Wired, room_id: Id, user_id: Id, change: RoleChange, response: Response
) -> Member:
    """Give a member another role; naming an owner passes the room on."""
    member, in_order = await wired.timeline.commit(set_role, caller, room_id, user_id, change.role)
    settle(response, in_order)
    return Member.model_validate(member)


@router.delete("/members/{user_id}", status_code=204, responses=ACCEPTED)
async def delete_member(caller: SomeCaller, wired: Wired, room_id: Id, user_id: Id) -> Response:
    """Remove a member of a lower role."""
    _, in_order = await wired.timeline.commit(kick, caller, room_id, user_id)
    return nothing(in_order)
