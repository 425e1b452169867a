"""`/auth/invites`: codes by which people may register (admins)."""

from typing import Any

from fastapi import APIRouter, Response

from services.auth import queries
from services.auth.actions.invite import invite, withdraw_invite
from services.auth.schemas import NewInvite, RegistrationInvite
from services.auth.security_log import note
from services.auth.wiring import Wired
from shared.caller import SomeCaller
from shared.ids import Id
from shared.paging import Page, Paging
from shared.web.idempotency import Idempotent, once
from shared.web.json_body import StrictRoute

router = APIRouter(prefix="/api/v1/auth/invites", tags=["auth"], route_class=StrictRoute)


@router.post("", status_code=201, response_model=RegistrationInvite)
async def post_invite(
    caller: SomeCaller, wired: Wired, attempt: Idempotent, wish: NewInvite | None = None
) -> RegistrationInvite | Any:
    """A fresh code. It counts where registering takes an invitation (`PARLEY_REGISTRATION=invite`)."""
    made = await wired.db.write(once, attempt, invite, caller, wish or NewInvite())
    note("invitation made", by=caller.user_id, ip=caller.ip)
    return made


@router.get("", response_model=Page[RegistrationInvite])
async def get_invites(caller: SomeCaller, wired: Wired, page: Paging) -> dict[str, Any]:
    """The codes that have not ended, newest first."""
    after = page.after[0] if page.after else None
    found = await wired.db.read(queries.list_invites, caller, after, page.fetch)
    return page.page(found, lambda row: [row.id])


@router.delete("/{invite_id}", status_code=204)
async def delete_invite(caller: SomeCaller, wired: Wired, invite_id: Id) -> Response:
    """Nobody more comes by it."""
    await wired.db.write(withdraw_invite, caller, invite_id)
    note("invitation withdrawn", by=caller.user_id, ip=caller.ip, invitation=invite_id)
    return Response(status_code=204)
