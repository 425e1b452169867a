"""POST /rooms/{room_id}/files."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Request

from services.files.multipart import FileForm
from services.files.schemas import File
from services.files.uploads import Sender
from services.files.wiring import Wired
from shared.caller import SomeCaller
from shared.ids import Id
from shared.web.body_limit import allow_body
from shared.web.json_body import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["files"], route_class=StrictRoute)

Key = Annotated[
    str | None,
    Header(alias="Idempotency-Key", max_length=128, pattern=r"^[!-~]+$", description="send again with the same key"),
]

FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {"file": {"type": "string", "format": "binary"}},
                    "required": ["file"],
                    "additionalProperties": False,
                }
            }
        },
    }
}
ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"description": "Not a well-formed multipart form"},
    403: {"description": "Not a member of a room that everybody may see"},
    404: {"description": "No such room, or not yours to see"},
    413: {"description": "Too large (bytes, pixels or frames), or over your quota"},
    415: {"description": "Not a multipart form, or the content is not what its name says, or no readable picture"},
    422: {"description": "No file in the form, malware in the file, or a name with words that are refused here"},
    503: {"description": "The store, or who scans for viruses, is away"},
}


@router.post("/rooms/{room_id}/files", status_code=201, openapi_extra=FORM, responses=ERRORS)
async def upload_file(room_id: Id, request: Request, caller: SomeCaller, wired: Wired, key: Key = None) -> File:
    """Upload a file to a room (members). The body is taken in pieces and never held whole; a picture is kept upright
    and without what its camera noted. The URLs of the answer are signed, as those of `GET /files/{file_id}`.
    """
    await wired.membership.require_uploader(room_id, caller.user_id)
    await wired.uploads.expect(caller.user_id)
    form = FileForm(request.headers.get("content-type", ""))
    allow_body(request.scope, wired.max_body)
    file = await wired.uploads.receive(Sender(room_id, caller.user_id, key), form, request.stream())
    return file.signed(wired.signer.sign(file.id, caller))
