"""Reports of messages, and what admins decide about them."""

from typing import Any

import orjson
from fastapi import APIRouter, Request, Response

from services.moderation import queries
from services.moderation.actions.report import report
from services.moderation.actions.resolve import resolve
from services.moderation.routes.answers import ACCEPTED, settle
from services.moderation.schemas import Decision, NewReport, Report, ReportStatus
from services.moderation.settings import Settings
from services.moderation.store import reports
from services.moderation.store.reports import ReportRow
from services.moderation.wiring import Wired
from shared.caller import SomeCaller
from shared.ids import Id
from shared.paging import Page, Paging
from shared.web.json_body import StrictRoute

router = APIRouter(prefix="/api/v1/messages", tags=["reports"], route_class=StrictRoute)


@router.post(
    "/{message_id}/report",
    status_code=201,
    responses={200: {"model": Report, "description": "The report that this person made before"}},
)
async def post_report(
    caller: SomeCaller, wired: Wired, request: Request, message_id: Id, draft: NewReport, response: Response
) -> Report:
    """Say that a message is wrong; the message and its surroundings are kept as they are now."""
    settings: Settings = request.app.state.settings
    earlier = await wired.db.read(reports.by_person, message_id, caller.user_id)
    if earlier is not None:
        response.status_code = 200
        return shown(earlier)
    snapshot = await wired.evidence.snapshot(message_id, caller.user_id)
    made, is_new = await wired.db.write(report, caller, snapshot, draft, settings.reports_per_hour)
    response.status_code = 201 if is_new else 200
    return shown(made)


@router.get("/admin/reports", response_model=Page[Report])
async def get_reports(
    caller: SomeCaller,
    wired: Wired,
    page: Paging,
    status: ReportStatus | None = None,
    room_id: Id | None = None,
    reporter_id: Id | None = None,
) -> dict[str, Any]:
    """Reports, newest first (admins)."""
    after = None if page.after is None else page.after[0]
    filters = {"status": status, "room_id": room_id, "reporter_id": reporter_id}
    found = await wired.db.read(queries.list_reports, caller, filters, after, page.fetch)
    return page.page([shown(each) for each in found], lambda each: [each.id])


@router.post("/admin/reports/{report_id}/resolve", responses={202: {"model": Report, **ACCEPTED[202]}})
async def post_resolution(
    caller: SomeCaller, wired: Wired, report_id: Id, decision: Decision, response: Response
) -> Report:
    """Decide about a report and all others of its message; in force before the answer (admins)."""
    if (made := await wired.db.read(queries.author_of, report_id)) is not None:
        await wired.hear()
        await wired.directory.meet(made)
    resolved, in_order = await wired.timeline.commit(resolve, caller, report_id, decision)
    settle(response, in_order)
    return shown(resolved)


def shown(row: ReportRow) -> Report:
    """A report as it is answered."""
    names = (name for name in Report.model_fields if name != "message")
    return Report(message=orjson.loads(row.message), **{name: getattr(row, name) for name in names})
