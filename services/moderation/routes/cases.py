"""Cases: the queue that the house's staff works through."""

from typing import Any

import orjson
from fastapi import APIRouter

from services.moderation import queries
from services.moderation.actions.add_note import add_note
from services.moderation.actions.assign import assign
from services.moderation.schemas import Assignment, Case, Evidence, NewNote, Note, ReportStatus, WholeCase
from services.moderation.wiring import Wired
from shared.caller import SomeCaller
from shared.ids import Id
from shared.paging import Page, Paging
from shared.web.idempotency import Idempotent, once
from shared.web.json_body import StrictRoute

router = APIRouter(prefix="/api/v1/moderation/cases", tags=["cases"], route_class=StrictRoute)


@router.get("", response_model=Page[Case])
async def get_cases(
    caller: SomeCaller,
    wired: Wired,
    page: Paging,
    status: ReportStatus | None = None,
    room_id: Id | None = None,
    author_id: Id | None = None,
    assigned_to: Id | None = None,
) -> dict[str, Any]:
    """Cases, longest waiting first (moderators, admins)."""
    after = None if page.after is None else page.after[0]
    filters = {"status": status, "room_id": room_id, "author_id": author_id, "assigned_to": assigned_to}
    found = await wired.db.read(queries.list_cases, caller, filters, after, page.fetch)
    return page.page(found, lambda each: [each.id])


@router.get("/{case_id}")
async def get_case(caller: SomeCaller, wired: Wired, case_id: Id) -> WholeCase:
    """A case with its evidence and notes (moderators, admins)."""
    case, notes = await wired.db.read(queries.whole_case, caller, case_id)
    whole = Case.model_validate(case).model_dump()
    evidence = Evidence.model_validate(orjson.loads(case.evidence))
    return WholeCase(**whole, evidence=evidence, notes=[Note.model_validate(each) for each in notes])


@router.put("/{case_id}/assignee")
async def put_assignee(caller: SomeCaller, wired: Wired, case_id: Id, assignment: Assignment) -> Case:
    """Say who looks into it (moderators, admins)."""
    if assignment.user_id is not None:
        await wired.directory.meet(assignment.user_id)
    return Case.model_validate(await wired.db.write(assign, caller, case_id, assignment.user_id))


@router.post("/{case_id}/notes", status_code=201, response_model=Note)
async def post_note(caller: SomeCaller, wired: Wired, attempt: Idempotent, case_id: Id, draft: NewNote) -> Note | Any:
    """Note something for the others (moderators, admins)."""
    return await wired.db.write(once, attempt, add_note, caller, case_id, draft.text)
