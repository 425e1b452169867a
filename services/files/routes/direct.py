"""POST /rooms/{room_id}/files/direct and /files/direct/{upload_id}/complete."""

from typing import Any

from fastapi import APIRouter

from services.files import queries
from services.files.schemas import DirectDraft, DirectUpload, File
from services.files.wiring import Wired
from shared.caller import SomeCaller
from shared.ids import Id
from shared.web.json_body import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["files"], route_class=StrictRoute)

_ERRORS: dict[int | str, dict[str, Any]] = {
    403: {"description": "Not a member of a room that everybody may see"},
    404: {"description": "No such room or upload, or not yours to see"},
    409: {"description": "`direct_uploads_off`, or nothing has come yet (`not_uploaded`)"},
    413: {"description": "Too large, or over your quota"},
    422: {"description": "Malware in the file, or a name with words that are refused here"},
}


@router.post("/rooms/{room_id}/files/direct", status_code=201, responses=_ERRORS)
async def begin_direct_upload(room_id: Id, draft: DirectDraft, caller: SomeCaller, wired: Wired) -> DirectUpload:
    """Ask how to bring a large file to the store without a detour (members; only where the store is S3)."""
    await wired.membership.require_uploader(room_id, caller.user_id)
    return await wired.direct.begin(room_id, caller.user_id, draft)


@router.post("/files/direct/{upload_id}/complete", status_code=201, responses=_ERRORS)
async def complete_direct_upload(upload_id: Id, caller: SomeCaller, wired: Wired) -> File:
    """Make a file of what was brought. It is checked as every upload is; asking again gets the same file."""
    row = await wired.db.read(queries.direct_upload, upload_id, caller.user_id)
    await wired.membership.require_uploader(row["room_id"], caller.user_id)
    file = await wired.direct.complete(row)
    return file.signed(wired.signer.sign(file.id, caller))
