"""A content on its way out: ranges, entity tags, and headers by which no browser can be made to run it."""

from dataclasses import dataclass

from fastapi import Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse

from services.files import policy
from services.files.blobs import BlobMissing, BlobStore
from services.files.names import content_disposition
from services.files.ranges import NotSatisfiable, Span, requested_span, tag_matches
from shared.problems import Problem, Unavailable

# A content never changes, but who may see it does: the browser asks each time, and hears 304.
PRIVATE = "private, no-cache"


@dataclass(frozen=True, slots=True)
class Content:
    """What is asked for; `tag` is its entity tag without quotes. What is small does not go by the store's own links:
    browsers could not keep it.
    """

    blob: str
    size: int
    content_type: str
    name: str
    tag: str
    cache: str = PRIVATE
    small: bool = False


async def deliver(request: Request, content: Content, blobs: BlobStore) -> Response:
    """The answer to a GET or HEAD. Raises NotFound when the store has lost the content, Unavailable when it is away."""
    tag, headers = f'"{content.tag}"', _headers(content)
    if tag_matches(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=headers)
    link = None if content.small else blobs.link(content.blob, content.content_type, headers["Content-Disposition"])
    if link is not None:
        return RedirectResponse(link, 307, {"Cache-Control": "private, no-store"})
    span = _span(request, content.size, tag)
    taken = span or Span(0, content.size)
    headers["Content-Length"] = str(taken.length)
    if span is not None:
        headers["Content-Range"] = f"bytes {span.start}-{span.stop - 1}/{content.size}"
    status = 200 if span is None else 206
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=content.content_type)
    try:
        pieces = await blobs.open(content.blob, taken.start, taken.stop)
    except BlobMissing:
        raise policy.no_such_file() from None
    except OSError as exc:
        raise Unavailable("Files can't be read at the moment.", retry_after=5) from exc
    return StreamingResponse(pieces, status, headers, content.content_type)


def _headers(content: Content) -> dict[str, str]:
    return {
        "ETag": f'"{content.tag}"',
        "Accept-Ranges": "bytes",
        "Cache-Control": content.cache,
        "Content-Disposition": content_disposition(policy.disposition(content.content_type), content.name),
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
