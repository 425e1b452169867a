"""`/users/{user_id}/block`, `/users/me/blocks`: whom the caller does not want to hear from."""

from typing import Any

from fastapi import APIRouter, Response

from services.auth import queries
from services.auth.actions.block import block, unblock
from services.auth.schemas import User
from services.auth.wiring import Wired
from shared.caller import SomeCaller
from shared.ids import Id
from shared.paging import Page, Paging
from shared.web.json_body import StrictRoute

router = APIRouter(prefix="/api/v1/users", tags=["users"], route_class=StrictRoute)


@router.get("/me/blocks", response_model=Page[User])
async def get_blocks(caller: SomeCaller, wired: Wired, page: Paging) -> dict[str, Any]:
    """The people whom the caller has blocked."""
    after = page.after[0] if page.after else None
    found = await wired.db.read(queries.list_blocked, caller, after, page.fetch)
    return page.page(found, lambda user: [user.id])


@router.put("/{user_id}/block", status_code=204)
async def put_block(caller: SomeCaller, wired: Wired, user_id: Id) -> Response:
    """No direct messages from them any more, and no mentions or notices by them. They are not told."""
    await wired.db.write(block, caller, user_id)
    return Response(status_code=204)


@router.delete("/{user_id}/block", status_code=204)
async def delete_block(caller: SomeCaller, wired: Wired, user_id: Id) -> Response:
    """Hear from them again."""
    await wired.db.write(unblock, caller, user_id)
    return Response(status_code=204)
