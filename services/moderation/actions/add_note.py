"""Note something about a case."""

from services.moderation.policy import require_staff
from services.moderation.schemas import Note
from services.moderation.store import cases
from services.moderation.store.cases import NoteRow
from shared.caller import Caller
from shared.database import WriteSession
from shared.ids import new_id
from shared.problems import NotFound


def add_note(tx: WriteSession, caller: Caller, case_id: str, text: str) -> Note:
    """For the house's staff to read."""
    require_staff(caller.role)
    if cases.find(tx, case_id) is None:
        raise NotFound("There is no such case.")
    row = NoteRow(new_id(), case_id, caller.user_id, text, tx.now)
    cases.add_note(tx, row)
    return Note.model_validate(row)
