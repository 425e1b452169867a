"""`/invites`: invitations made out to the caller."""

from typing import Any

from fastapi import APIRouter

from services.rooms import queries
from services.rooms.schemas import Invitation
from services.rooms.wiring import Wired
from shared.caller import SomeCaller
from shared.paging import Page, Paging
from shared.web.json_body import StrictRoute

router = APIRouter(prefix="/api/v1/invites", tags=["invites"], route_class=StrictRoute)


@router.get("", response_model=Page[Invitation])
async def get_own_invites(caller: SomeCaller, wired: Wired, page: Paging) -> dict[str, Any]:
    """Rooms that the caller was invited to by name and may join without a code; the newest room first."""
    after = page.after[0] if page.after else None
    found = await wired.db.read(queries.list_own_invites, caller, after, page.fetch)
    return page.page(found, lambda invitation: [invitation.room.id])
