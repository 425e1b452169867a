"""`GET /moderation/summary`: moderation at a glance."""

from fastapi import APIRouter

from services.moderation import overview
from services.moderation.policy import require_admin
from services.moderation.schemas import Summary
from services.moderation.wiring import Wired
from shared.caller import SomeCaller
from shared.web.json_body import StrictRoute

router = APIRouter(prefix="/api/v1/moderation", tags=["moderation"], route_class=StrictRoute)


@router.get("/summary")
async def get_summary(caller: SomeCaller, wired: Wired) -> Summary:
    """Open reports by age, acts per day, who reports most, and how many are restricted (admins)."""
    require_admin(caller.role)
    return await wired.db.read(overview.summary)
