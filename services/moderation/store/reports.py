"""The reports table."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
from sqlalchemy import insert, select, update

from services.moderation.models import cases, reports
from shared.anonymise import anonymised
from shared.database import ReadSession, WriteSession

REPORTS = reports.join(cases, cases.c.id == reports.c.case_id)
COLUMNS = (
    *reports.c,
    cases.c.status,
    cases.c.action,
    cases.c.resolved_by,
    cases.c.resolved_at,
)


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A report and what became of it; `message` is JSON."""

    id: str
    case_id: str
    message_id: str
    room_id: str
    reporter_id: str
    reason: str
    details: str
    message: str
    created_at: datetime
    status: str
    action: str | None
    resolved_by: str | None
    resolved_at: datetime | None


def find(tx: ReadSession, report_id: str) -> ReportRow | None:
    """The report with this id."""
    query = select(*COLUMNS).select_from(REPORTS)
    row = tx.execute(query.where(reports.c.id == report_id)).one_or_none()
    return None if row is None else ReportRow(*row)


def by_person(tx: ReadSession, message_id: str, reporter_id: str) -> ReportRow | None:
    """What this person reported about this message."""
    query = select(*COLUMNS).select_from(REPORTS)
    row = tx.execute(
        query.where(reports.c.message_id == message_id, reports.c.reporter_id == reporter_id)
    ).one_or_none()
    return None if row is None else ReportRow(*row)


def add(tx: WriteSession, **values: str | datetime) -> None:
    """A new report."""
    tx.execute(insert(reports).values(**values))


def anonymise(tx: WriteSession, user_id: str) -> None:
    """Let no report name this person; what was said stays."""
    naming = select(reports.c.id, reports.c.message).where(reports.c.message.contains(user_id, autoescape=True))
    for report_id, message in tx.execute(naming).all():
        said = orjson.dumps(anonymised(orjson.loads(message), user_id)).decode()
        tx.execute(update(reports).where(reports.c.id == report_id).values(message=said))


def pause(tx: ReadSession, reporter_id: str, most: int, span: timedelta) -> timedelta:
    """How long this person has to wait for another one, where there are so `most` in a `span`; not positive for not."""
    made_at = reports.c.created_at
    query = select(made_at).where(reports.c.reporter_id == reporter_id).order_by(made_at.desc()).offset(most - 1)
    oldest = tx.execute(query.limit(1)).scalar_one_or_none()
    return timedelta() if oldest is None else oldest + span - tx.now


def reporters_of(tx: ReadSession, case_id: str) -> list[tuple[str, str]]:
    """Ids of the reports of a case and of who made them, oldest first."""
    query = select(reports.c.id, reports.c.reporter_id).where(reports.c.case_id == case_id).order_by(reports.c.id)
    return [(row.id, row.reporter_id) for row in tx.execute(query)]
