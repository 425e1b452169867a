"""The cases table: what is decided together about one message, with the notes on it."""

from dataclasses import asdict, dataclass
from datetime import datetime

import orjson
from sqlalchemy import insert, select, update

from services.moderation.models import cases, notes
from shared.anonymise import anonymised
from shared.database import ReadSession, WriteSession

COLUMNS = tuple(cases.c)


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case as it is stored; `evidence` is JSON."""

    id: str
    message_id: str
    room_id: str
    author_id: str
    evidence: str
    status: str
    action: str | None
    reports: int
    assigned_to: str | None
    resolved_by: str | None
    resolved_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NoteRow:
    """A note on a case."""

    id: str
    case_id: str
    by: str
    text: str
    created_at: datetime


def find(tx: ReadSession, case_id: str) -> CaseRow | None:
    """The case with this id."""
    row = tx.execute(select(*COLUMNS).where(cases.c.id == case_id)).one_or_none()
    return None if row is None else CaseRow(*row)


def open_about(tx: ReadSession, message_id: str) -> CaseRow | None:
    """The case about this message that nobody has decided yet."""
    query = select(*COLUMNS).where(cases.c.message_id == message_id, cases.c.status == "open")
    row = tx.execute(query).one_or_none()
    return None if row is None else CaseRow(*row)


def add(tx: WriteSession, case: CaseRow) -> None:
    """A new case."""
    tx.execute(insert(cases).values(**asdict(case)))


def count_report(tx: WriteSession, case_id: str) -> None:
    """One report more."""
    tx.execute(update(cases).where(cases.c.id == case_id).values(reports=cases.c.reports + 1))


def assign(tx: WriteSession, case_id: str, user_id: str | None) -> None:
    """This is who looks into it."""
    tx.execute(update(cases).where(cases.c.id == case_id).values(assigned_to=user_id))


def close(tx: WriteSession, case_id: str, status: str, action: str, by: str) -> None:
    """Decided."""
    values = {"status": status, "action": action, "resolved_by": by, "resolved_at": tx.now}
    tx.execute(update(cases).where(cases.c.id == case_id).values(**values))


def anonymise(tx: WriteSession, user_id: str) -> None:
    """Let no evidence name this person; what was said stays."""
    naming = select(cases.c.id, cases.c.evidence).where(cases.c.evidence.contains(user_id, autoescape=True))
    for case_id, evidence in tx.execute(naming).all():
        said = orjson.dumps(anonymised(orjson.loads(evidence), user_id)).decode()
        tx.execute(update(cases).where(cases.c.id == case_id).values(evidence=said))


def add_note(tx: WriteSession, note: NoteRow) -> None:
    """A note more."""
    tx.execute(insert(notes).values(**asdict(note)))


def notes_of(tx: ReadSession, case_id: str) -> list[NoteRow]:
    """The notes on a case, oldest first."""
    query = select(*notes.c).where(notes.c.case_id == case_id).order_by(notes.c.id)
    return [NoteRow(*row) for row in tx.execute(query)]
