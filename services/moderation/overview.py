"""The figures of `GET /moderation/summary`."""

from datetime import timedelta

from sqlalchemy import String, cast, func, select

from services.moderation.models import audit, cases, reports, restrictions
from services.moderation.schemas import DayOfActs, OpenCases, Summary, TopReporter
from services.moderation.store.restrictions import in_force
from shared.database import ReadSession

_LOOKED_AT = timedelta(days=30)
_MOST_REPORTERS = 10


def summary(tx: ReadSession) -> Summary:
    """All of it, of one moment."""
    return Summary(
        open_reports=_open_cases(tx),
        actions=_acts(tx),
        top_reporters=_top_reporters(tx),
        muted=_restricted(tx, "mute"),
        banned=_restricted(tx, "ban"),
        screened=_restricted(tx, "hold"),
    )


def _open_cases(tx: ReadSession) -> OpenCases:
    ages = (timedelta(hours=1), timedelta(days=1), timedelta(weeks=1))
    younger = [func.count().filter(cases.c.created_at > tx.now - age) for age in ages]
    unassigned = func.count().filter(cases.c.assigned_to.is_(None))
    query = select(func.count(), *younger, unassigned).select_from(cases).where(cases.c.status == "open")
    row: tuple[int, ...] = tuple(tx.execute(query).one())
    total, hour, day, week, without = row
    return OpenCases(
        total=total,
        under_1_hour=hour,
        under_1_day=day - hour,
        under_1_week=week - day,
        older=total - week,
        unassigned=without,
    )


def _acts(tx: ReadSession) -> list[DayOfActs]:
    day = func.substr(cast(audit.c.at, String), 1, 10)
    query = select(day, audit.c.action, func.count()).where(audit.c.at > tx.now - _LOOKED_AT)
    rows = tx.execute(query.group_by(day, audit.c.action).order_by(day.desc(), audit.c.action))
    return [DayOfActs(day=on, action=action, count=count) for on, action, count in rows]


def _top_reporters(tx: ReadSession) -> list[TopReporter]:
    made = func.count()
    right = func.count().filter(cases.c.status == "resolved")
    wrong = func.count().filter(cases.c.status == "dismissed")
    query = select(reports.c.reporter_id, made, right, wrong).join_from(reports, cases, cases.c.id == reports.c.case_id)
    query = query.where(reports.c.created_at > tx.now - _LOOKED_AT).group_by(reports.c.reporter_id)
    rows = tx.execute(query.order_by(made.desc(), reports.c.reporter_id).limit(_MOST_REPORTERS))
    return [TopReporter(user_id=who, reports=all_, resolved=yes, dismissed=no) for who, all_, yes, no in rows]


def _restricted(tx: ReadSession, kind: str) -> int:
    query = select(func.count()).select_from(restrictions).where(restrictions.c.kind == kind, in_force(tx.now))
    number: int = tx.execute(query).scalar_one()
    return number
