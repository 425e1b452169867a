"""`/dms`: conversations of two."""

from typing import Any

from fastapi import APIRouter, Response

from services.rooms import queries
from services.rooms.actions.open_direct import open_direct
from services.rooms.routes.answers import ACCEPTED, settle
from services.rooms.schemas import DirectRoom
from services.rooms.wiring import Wired
from shared.caller import SomeCaller
from shared.ids import Id
from shared.paging import Page, Paging
from shared.web.json_body import StrictRoute

router = APIRouter(prefix="/api/v1/dms", tags=["direct rooms"], route_class=StrictRoute)


@router.get("", response_model=Page[DirectRoom])
async def get_dms(caller: SomeCaller, wired: Wired, page: Paging) -> dict[str, Any]:
    """The caller's conversations, newest first."""
    after = page.after[0] if page.after else None
    found = await wired.db.read(queries.list_direct, caller, after, page.fetch)
    return page.page(found, lambda room: [room.id])


@router.post("/{user_id}", responses={202: {"model": DirectRoom, **ACCEPTED[202]}})
async def post_dm(caller: SomeCaller, wired: Wired, user_id: Id, response: Response) -> DirectRoom:
    """The one room of the caller and this person; the same whoever asks first."""
    await wired.directory.meet(caller.user_id, user_id)
    await wired.hear_blocks()
    room, in_order = await wired.timeline.commit(open_direct, caller, user_id)
    settle(response, in_order)
    return room
