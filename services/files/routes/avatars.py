"""POST /users/upload-avatar, DELETE /users/avatar, GET /avatars/{user_id}."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from services.files import queries
from services.files.actions.remove_avatar import remove_avatar
from services.files.delivery import Content, deliver
from services.files.multipart import MAX_OVERHEAD, FileForm
from services.files.routes.content import BYTES
from services.files.routes.upload import ERRORS, FORM
from services.files.schemas import Avatar
from services.files.wiring import Wired
from shared.caller import AnyCaller, SomeCaller
from shared.ids import Id
from shared.web.body_limit import allow_body
from shared.web.json_body import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["avatars"], route_class=StrictRoute)

# The address of an avatar has its hash in it. Without the hash, or with an old one, it is asked for anew.
_FOR_EVER = "public, max-age=31536000, immutable"
_FOR_NOW = "public, max-age=60"

Version = Annotated[str | None, Query(max_length=64, description="what `avatar_url` has")]

_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The picture"} | BYTES,
    304: {"description": "The caller has it already"},
    404: {"description": "That person has no picture"},
}
_UPLOAD_ERRORS = {status: told for status, told in ERRORS.items() if status not in (403, 404)}


@router.post("/users/upload-avatar", openapi_extra=FORM, responses=_UPLOAD_ERRORS)
async def upload_avatar(request: Request, caller: SomeCaller, wired: Wired) -> Avatar:
    """Show this picture from now on: PNG, JPEG, WebP or GIF, 5 MiB at most unless the operator says otherwise. Its
    middle is kept, as a square."""
    form = FileForm(request.headers.get("content-type", ""))
    allow_body(request.scope, wired.avatars.most + MAX_OVERHEAD)
    return await wired.avatars.receive(caller.user_id, form, request.stream())


@router.delete("/users/avatar", status_code=204)
async def delete_avatar(caller: SomeCaller, wired: Wired) -> None:
    """Show no picture any more."""
    await wired.db.write(remove_avatar, caller.user_id)


@router.head("/avatars/{user_id}", include_in_schema=False)
@router.get("/avatars/{user_id}", response_class=StreamingResponse, responses=_ANSWERS)
async def get_avatar(user_id: Id, request: Request, _: AnyCaller, wired: Wired, v: Version = None) -> Response:
    """Somebody's picture, for everybody."""
    row = await wired.db.read(queries.avatar_row, user_id)
    cache = _FOR_EVER if v == row["hash"] else _FOR_NOW
    content = Content(row["blob"], row["size"], "image/webp", "avatar.webp", row["hash"], cache, small=True)
    return await deliver(request, content, wired.blobs)
