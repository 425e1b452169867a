"""Decide about a report, and with it about all others of its case; what was decided is carried out."""

from datetime import timedelta

from services.moderation.access import require_person, require_restrictor
from services.moderation.actions.add_note import add_note
from services.moderation.actions.impose import impose
from services.moderation.actions.note import note
from services.moderation.audit import Act
from services.moderation.events import MessageRemoved, ReportResolved
from services.moderation.policy import Standing, must_outrank, require_admin
from services.moderation.schemas import Decision
from services.moderation.store import cases, reports, rooms
from services.moderation.store.cases import CaseRow
from services.moderation.store.reports import ReportRow
from services.moderation.store.restrictions import HOUSE, RestrictionRow
from shared.caller import Caller
from shared.database import WriteSession
from shared.problems import Conflict, NotFound


def resolve(tx: WriteSession, caller: Caller, report_id: str, decision: Decision) -> ReportRow:
    """The report as it stands then; whoever reported the message is told."""
    require_admin(caller.role)
    case = _undecided(tx, report_id)
    _carry_out(tx, caller, case, decision)
    status = "dismissed" if decision.action == "dismiss" else "resolved"
    cases.close(tx, case.id, status, decision.action, caller.user_id)
    if decision.note:
        add_note(tx, caller, case.id, decision.note)
    note(tx, Act(tx.now, caller.user_id, f"report_{status}", case.message_id, case.room_id, decision.note))
    for each, reporter_id in reports.reporters_of(tx, case.id):
        told = {"report_id": each, "reporter_id": reporter_id, "status": status, "action": decision.action}
        tx.record(ReportResolved.model_validate(told))
    resolved = reports.find(tx, report_id)
    assert resolved is not None
    return resolved


def _undecided(tx: WriteSession, report_id: str) -> CaseRow:
    report = reports.find(tx, report_id)
    case = None if report is None else cases.find(tx, report.case_id)
    if case is None:
        raise NotFound("There is no such report.")
    if case.status != "open":
        raise Conflict("already_resolved", "Somebody has decided about this report.")
    return case


def _carry_out(tx: WriteSession, caller: Caller, case: CaseRow, decision: Decision) -> None:
    if decision.action == "delete_message":
        note(tx, Act(tx.now, caller.user_id, "delete_message", case.message_id, case.room_id, decision.note))
        removed = {"room_id": case.room_id, "message_id": case.message_id, "by": caller.user_id}
        tx.record(MessageRemoved.model_validate({**removed, "reason": decision.note}))
    elif decision.action in ("mute", "ban"):
        scope = _scope(tx, caller, case, decision.action)
        lasts = decision.duration_seconds
        end = None if lasts is None else tx.now + timedelta(seconds=lasts)
        restriction = (scope, case.author_id, decision.action, decision.note, caller.user_id, end, tx.now)
        impose(tx, RestrictionRow(*restriction))


def _scope(tx: WriteSession, caller: Caller, case: CaseRow, action: str) -> str:
    """The room; for a mute in a direct room, which nobody moderates, the house."""
    room = rooms.find(tx, case.room_id)
    if room is None:
        raise Conflict("room_gone", "The room is gone; there is nothing to keep anybody out of.")
    if room.kind == "direct" and action == "ban":
        raise Conflict("direct_room", "Nobody is banned from a direct room: mute the account, or ban it.")
    if room.kind == "direct":
        must_outrank(Standing(None, None, caller.role), Standing(None, None, require_person(tx, case.author_id)))
        return HOUSE
    require_restrictor(tx, room, caller, case.author_id)
    return room.id
