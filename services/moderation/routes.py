"""GET /moderation/audit."""

from typing import Any

from fastapi import APIRouter, Request

from services.moderation import queries
from services.moderation.schemas import AuditEntry
from shared.caller import SomeCaller
from shared.database import Database
from shared.ids import Id
from shared.paging import Page, Paging
from shared.problems import Forbidden
from shared.web.json_body import StrictRoute

router = APIRouter(prefix="/api/v1/moderation", tags=["moderation"], route_class=StrictRoute)


@router.get("/audit", response_model=Page[AuditEntry], responses={403: {"description": "For admins only"}})
async def list_audit(
    request: Request, caller: SomeCaller, paging: Paging, actor: Id | None = None, room_id: Id | None = None
) -> dict[str, Any]:
    """Every act of moderation, newest first (admins). Nothing in it is ever changed or removed."""
    if caller.role != "admin":
        raise Forbidden(detail="Only admins may read the audit log.")
    db: Database = request.app.state.db
    before = None if paging.after is None else int(paging.after[0])
    rows = await db.read(queries.audit_entries, actor=actor, room_id=room_id, before=before, limit=paging.fetch)
    return paging.page(rows, key=lambda row: [row.number])
