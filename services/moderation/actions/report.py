"""Report a message: once per person and message; the reports on one message are one case."""

import math
from datetime import timedelta

import orjson

from services.moderation.heard import Snapshot
from services.moderation.schemas import NewReport
from services.moderation.store import cases, reports
from services.moderation.store.cases import CaseRow
from services.moderation.store.reports import ReportRow
from shared.caller import Caller
from shared.database import WriteSession
from shared.ids import new_id
from shared.problems import Invalid, NotFound, TooMany

_AN_HOUR = timedelta(hours=1)


def report(tx: WriteSession, caller: Caller, snapshot: Snapshot, draft: NewReport, most: int) -> tuple[ReportRow, bool]:
    """The report, and whether it is new. `most` is how many a person may make in an hour."""
    message_id: str = snapshot.message["id"]
    if (earlier := reports.by_person(tx, message_id, caller.user_id)) is not None:
        return earlier, False
    _check(tx, caller, snapshot, most)
    case = cases.open_about(tx, message_id) or _open(tx, snapshot)
    report_id = new_id()
    reports.add(
        tx,
        id=report_id,
        case_id=case.id,
        message_id=message_id,
        room_id=case.room_id,
        reporter_id=caller.user_id,
        reason=draft.reason,
        details=draft.details,
        message=orjson.dumps(snapshot.message).decode(),
        created_at=tx.now,
    )
    cases.count_report(tx, case.id)
    made = reports.find(tx, report_id)
    assert made is not None
    return made, True


def _check(tx: WriteSession, caller: Caller, snapshot: Snapshot, most: int) -> None:
    if snapshot.message["author"]["id"] == caller.user_id:
        raise Invalid("own_message", "Nobody reports what they wrote themselves.")
    if snapshot.message.get("deleted_at") is not None:
        raise NotFound("There is no such message.")
    left = math.ceil(reports.pause(tx, caller.user_id, most, _AN_HOUR).total_seconds())
    if left > 0:
        detail = f"At most {most} reports an hour."
        raise TooMany("rate_limited", detail, left, most=most, seconds=int(_AN_HOUR.total_seconds()))


def _open(tx: WriteSession, snapshot: Snapshot) -> CaseRow:
    case = CaseRow(
        id=new_id(),
        message_id=snapshot.message["id"],
        room_id=snapshot.message["room_id"],
        author_id=snapshot.message["author"]["id"],
        evidence=orjson.dumps(snapshot.model_dump()).decode(),
        status="open",
        action=None,
        reports=0,
        assigned_to=None,
        resolved_by=None,
        resolved_at=None,
        created_at=tx.now,
    )
    cases.add(tx, case)
    return case
