"""GET /files/{file_id}/content: the bytes, in a way that no browser can be made to run."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from services.files import policy, queries
from services.files.blobs import BlobMissing
from services.files.names import content_disposition
from services.files.ranges import NotSatisfiable, Span, requested_span, tag_matches
from services.files.wiring import Wired
from shared.caller import SomeCaller
from shared.ids import Id
from shared.problems import Problem
from shared.web.json_body import StrictRoute

router = APIRouter(prefix="/api/v1", tags=["files"], route_class=StrictRoute)

_BYTES = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The content"} | _BYTES,
    206: {"description": "The range asked for"} | _BYTES,
    304: {"description": "The caller has it already"},
    404: {"description": "No such file, or not yours to see"},
    416: {"description": "The range lies outside the content"},
}


@router.head("/files/{file_id}/content", include_in_schema=False)
@router.get("/files/{file_id}/content", response_class=StreamingResponse, responses=_ANSWERS)
async def get_content(file_id: Id, request: Request, caller: SomeCaller, wired: Wired) -> Response:
    """The content of a file (room members). Takes `Range` with one range, and `If-None-Match`."""
    row = await wired.db.read(queries.file_row, file_id)
    policy.may_fetch(await wired.membership.role(row["room_id"], caller.user_id))
    tag = f'"{file_id}"'
    headers = _headers(row["content_type"], row["name"], tag)
    if tag_matches(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=headers)
    span = _span(request, row["size"], tag)
    taken = span or Span(0, row["size"])
    headers["Content-Length"] = str(taken.length)
    if span is not None:
        headers["Content-Range"] = f"bytes {span.start}-{span.stop - 1}/{row['size']}"
    status = 200 if span is None else 206
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=row["content_type"])
    try:
        content = await wired.blobs.open(row["blob"], taken.start, taken.stop)
    except BlobMissing:
        raise policy.no_such_file() from None
    return StreamingResponse(content, status, headers, row["content_type"])


def _headers(content_type: str, name: str, tag: str) -> dict[str, str]:
    return {
        "ETag": tag,
        "Accept-Ranges": "bytes",
        # A content never changes, but who may see it does: the browser asks each time, and hears 304.
        "Cache-Control": "private, no-cache",
        "Content-Disposition": content_disposition(policy.disposition(content_type), name),
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
    }


def _span(request: Request, size: int, tag: str) -> Span | None:
    if request.headers.get("if-range", tag) != tag:
        return None
    try:
        return requested_span(request.headers.get("range"), size)
    except NotSatisfiable:
        detail = "The range lies outside the content."
        raise Problem(416, "range_not_satisfiable", detail, headers={"Content-Range": f"bytes */{size}"}) from None
