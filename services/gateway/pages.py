"""What people look at: the web client, the documents and their page; own files only, so the policy can be strict."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from shared.web.json_body import StrictRoute

HERE: Final = Path(__file__).parent
CLIENT: Final = {"/": "web/index.html", "/web/client.js": "web/client.js", "/web/look.css": "web/look.css"}
DOCS: Final = {
    "/docs": "web/docs.html",
    "/web/docs.js": "web/docs.js",
    "/openapi.json": "contract/openapi.json",
    "/asyncapi.json": "contract/asyncapi.json",
}
_TYPES: Final = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".json": "application/json"}
_HEADERS: Final = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
}


def pages(*, docs: bool) -> APIRouter:
    """The web client; with `docs` the documents too."""
    router = APIRouter(route_class=StrictRoute, include_in_schema=False)
    for path, file in (CLIENT | (DOCS if docs else {})).items():
        router.add_api_route(path, _sending(HERE / file))
    return router


def _sending(file: Path) -> Callable[[], Awaitable[Response]]:
    # Read when asked for: the documents are large, asked for rarely, and need not stay in memory.
    async def send_file() -> Response:
        return Response(file.read_bytes(), media_type=_TYPES[file.suffix], headers=_HEADERS)

    return send_file
