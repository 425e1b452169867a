"""`/users/me/export`: a person's data from all services."""

import asyncio

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse

from services.auth import queries
from services.auth.export import Part, archive, chunks
from services.auth.security_log import note
from services.auth.wiring import Wired
from shared.caller import SomeCaller
from shared.clock import utc_now
from shared.web.json_body import StrictRoute

router = APIRouter(prefix="/api/v1/users", tags=["users"], route_class=StrictRoute)
_ZIP = {200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}}


@router.get("/me/export", response_class=StreamingResponse, responses=_ZIP)  # type: ignore[arg-type]
async def get_export(caller: SomeCaller, wired: Wired) -> Response:
    """A zip: a folder for each service, and a manifest that names the services that did not answer."""
    own = Part("auth", await wired.db.read(queries.export, caller))
    parts = [own, *await wired.exporter.collect(caller.user_id)]
    spool = await asyncio.to_thread(archive, caller.user_id, utc_now(), parts)
    note("data exported", by=caller.user_id, ip=caller.ip)
    headers = {"Content-Disposition": 'attachment; filename="parley-export.zip"', "Cache-Control": "no-store"}
    return StreamingResponse(chunks(spool), media_type="application/zip", headers=headers)
