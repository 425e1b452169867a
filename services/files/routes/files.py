"""GET and DELETE /files/{file_id}."""

from typing import Any

from fastapi import APIRouter

from services.files import policy, queries
from services.files.actions.delete import delete
from services.files.schemas import File
from services.files.wiring import Wired
from shared.caller import SomeCaller
from shared.ids import Id
from shared.web.json_body import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["files"], route_class=StrictRoute)

_ABSENT: dict[int | str, dict[str, Any]] = {404: {"description": "No such file, or not yours to see"}}


@router.get("/files/{file_id}", responses=_ABSENT)
async def get_file(file_id: Id, caller: SomeCaller, wired: Wired) -> File:
    """What is known of a file (room members, and who uploaded it). Its URLs are signed: they work without a header
    for a few minutes, for as long as the caller is in the room.
    """
    row = await wired.db.read(queries.file_row, file_id)
    if row["uploaded_by"] != caller.user_id:
        policy.may_see(caller, row["uploaded_by"], await wired.membership.role(row["room_id"], caller.user_id))
    return File.of(row).signed(wired.signer.sign(file_id, caller))


@router.delete("/files/{file_id}", status_code=204, responses=_ABSENT | {403: {"description": "Not yours to delete"}})
async def delete_file(file_id: Id, caller: SomeCaller, wired: Wired) -> None:
    """Delete a file (who uploaded it, the room's owner and moderators; moderators and admins but for direct rooms)."""
    row = await wired.db.read(queries.file_row, file_id)
    between_two = await wired.db.read(queries.is_between_two, row["room_id"])
    if not policy.may_always_delete(caller, row["uploaded_by"], between_two=between_two):
        await wired.membership.role(row["room_id"], caller.user_id, enough=policy.KEEPERS)
    await wired.db.write(delete, caller, file_id)
