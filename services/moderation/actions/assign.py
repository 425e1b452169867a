"""Say who looks into a case."""

from services.moderation.access import require_person
from services.moderation.actions.note import note
from services.moderation.audit import Act
from services.moderation.policy import require_staff
from services.moderation.store import cases
from services.moderation.store.cases import CaseRow
from shared.caller import Caller
from shared.database import WriteSession
from shared.problems import Conflict, Invalid, NotFound


def assign(tx: WriteSession, caller: Caller, case_id: str, user_id: str | None) -> CaseRow:
    """The case with its new keeper, one of the house's staff or nobody."""
    require_staff(caller.role)
    case = cases.find(tx, case_id)
    if case is None:
        raise NotFound("There is no such case.")
    if case.status != "open":
        raise Conflict("already_resolved", "Somebody has decided about this case.")
    if user_id is not None and require_person(tx, user_id) == "user":
        raise Invalid("not_staff", "Only moderators and admins look into cases.")
    cases.assign(tx, case_id, user_id)
    note(tx, Act(tx.now, caller.user_id, "assign", case.message_id, case.room_id, user_id))
    now = cases.find(tx, case_id)
    assert now is not None
    return now
