"""GET /files/{file_id}/content and /thumbnail: the bytes."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from services.files.delivery import Content, deliver
from services.files.policy import no_such_file
from services.files.wiring import Wired
from shared.caller import AnyCaller
from shared.ids import Id
from shared.web.json_body import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["files"], route_class=StrictRoute)

Token = Annotated[str | None, Query(max_length=200, description="from a signed URL, instead of the header")]

BYTES = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The content"} | BYTES,
    206: {"description": "The range asked for"} | BYTES,
    304: {"description": "The caller has it already"},
    307: {"description": "It is at that address, for a minute"},
    401: {"description": "Neither a caller nor a valid `token`"},
    404: {"description": "No such file, or not yours to see"},
    416: {"description": "The range lies outside the content"},
}


@router.head("/files/{file_id}/content", include_in_schema=False)
@router.get("/files/{file_id}/content", response_class=StreamingResponse, responses=_ANSWERS)
async def get_content(file_id: Id, request: Request, caller: AnyCaller, wired: Wired, token: Token = None) -> Response:
    """The content of a file (room members). Takes `Range` with one range, and `If-None-Match`."""
    row = await wired.access.file(file_id, caller, token)
    content = Content(row["blob"], row["size"], row["content_type"], row["name"], file_id)
    return await deliver(request, content, wired.blobs)


@router.head("/files/{file_id}/thumbnail", include_in_schema=False)
@router.get("/files/{file_id}/thumbnail", response_class=StreamingResponse, responses=_ANSWERS)
async def get_thumbnail(
    file_id: Id, request: Request, caller: AnyCaller, wired: Wired, token: Token = None
) -> Response:
    """A picture in small, as WebP (room members); 404 for a file that is no picture."""
    row = await wired.access.file(file_id, caller, token)
    if row["thumbnail"] is None:
        raise no_such_file()
    content = Content(
        row["thumbnail"], row["thumbnail_size"], "image/webp", "thumbnail.webp", f"{file_id}-thumbnail", small=True
    )
    return await deliver(request, content, wired.blobs)
