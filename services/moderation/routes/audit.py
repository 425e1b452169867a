"""The audit log: pages of it, and all of it as JSON lines."""

from collections.abc import AsyncIterator
from typing import Any

import orjson
from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from services.moderation import queries
from services.moderation.audit import exported
from services.moderation.policy import require_admin
from services.moderation.schemas import AuditEntry
from services.moderation.wiring import Wired
from shared.caller import SomeCaller
from shared.database import Database
from shared.ids import Id
from shared.paging import Page, Paging
from shared.web.json_body import StrictRoute

router = APIRouter(prefix="/api/v1/moderation", tags=["moderation"], route_class=StrictRoute)
_AT_ONCE = 500
_LINES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/x-ndjson": {"schema": {"type": "string"}}}, "description": "One entry a line"}
}


@router.get("/audit", response_model=Page[AuditEntry])
async def list_audit(
    wired: Wired,
    caller: SomeCaller,
    paging: Paging,
    actor: Id | None = None,
    room_id: Id | None = None,
    target: Id | None = None,
    action: str | None = None,
) -> dict[str, Any]:
    """Every act of moderation, newest first (admins). Nothing in it is ever changed or removed."""
    require_admin(caller.role)
    before = None if paging.after is None else int(paging.after[0])
    rows = await wired.db.read(
        queries.audit_entries,
        actor=actor,
        room_id=room_id,
        target=target,
        action=action,
        before=before,
        limit=paging.fetch,
    )
    return paging.page(rows, key=lambda row: [row.number])


@router.get("/audit/export", responses=_LINES, response_class=StreamingResponse)
async def export_audit(wired: Wired, caller: SomeCaller) -> StreamingResponse:
    """All of it, oldest first, a JSON object a line with its hash, to be checked and kept elsewhere (admins)."""
    require_admin(caller.role)
    return StreamingResponse(_lines(wired.db), media_type="application/x-ndjson")


async def _lines(db: Database) -> AsyncIterator[bytes]:
    after = 0
    while rows := await db.read(queries.audit_after, after, _AT_ONCE):
        yield b"".join(orjson.dumps(exported(row)) + b"\n" for row in rows)
        after = rows[-1].number
