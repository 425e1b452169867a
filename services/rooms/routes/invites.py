"""`/rooms/{room_id}/invites`: ways into a private room."""

from typing import Annotated, Any

from fastapi import APIRouter, Path

from services.rooms import queries
from services.rooms.actions.invite import invite, revoke_invite
from services.rooms.schemas import Invite, NewInvite
from services.rooms.wiring import Wired
from shared.caller import SomeCaller
from shared.ids import Id
from shared.paging import Page, Paging
from shared.web.idempotency import Idempotent, once
from shared.web.json_body import StrictRoute

router = APIRouter(prefix="/api/v1/rooms/{room_id}/invites", tags=["invites"], route_class=StrictRoute)


@router.post("", status_code=201, response_model=Invite)
async def post_invite(
    caller: SomeCaller, wired: Wired, attempt: Idempotent, room_id: Id, draft: NewInvite
) -> Invite | Any:
    """Invite somebody by name, who is told and needs no code, or make a code to give away."""
    if draft.user_id is not None:
        await wired.directory.meet(caller.user_id, draft.user_id)
        await wired.hear_blocks()
    return await wired.db.write(once, attempt, invite, caller, room_id, draft)


@router.get("", response_model=Page[Invite])
async def get_invites(caller: SomeCaller, wired: Wired, room_id: Id, page: Paging) -> dict[str, Any]:
    """Invitations whose time is not over."""
    after = page.after[0] if page.after else None
    found = await wired.db.read(queries.list_invites, caller, room_id, after, page.fetch)
    return page.page(found, lambda each: [each.code])


@router.delete("/{code}", status_code=204)
async def delete_invite(
    caller: SomeCaller, wired: Wired, room_id: Id, code: Annotated[str, Path(max_length=64)]
) -> None:
    """Withdraw an invitation."""
    await wired.db.write(revoke_invite, caller, room_id, code)
