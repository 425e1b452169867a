"""What can be read. A list is asked for the rows after a sort key, as many as the page fetches."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, Table, select, tuple_
from sqlalchemy.sql.elements import ColumnElement

from services.moderation.access import require_room, standing_of
from services.moderation.audit import first_broken
from services.moderation.models import audit, cases, reports, restrictions
from services.moderation.policy import may_moderate, require_admin, require_staff
from services.moderation.store import audit as audit_store
from services.moderation.store import cases as case_store
from services.moderation.store import rules, words
from services.moderation.store.cases import CaseRow, NoteRow
from services.moderation.store.reports import COLUMNS as REPORT_COLUMNS
from services.moderation.store.reports import REPORTS, ReportRow
from services.moderation.store.restrictions import COLUMNS, HOUSE, RestrictionRow, in_force
from shared.caller import Caller
from shared.database import ReadSession
from shared.problems import NotFound


def audit_entries(
    tx: ReadSession,
    *,
    actor: str | None = None,
    room_id: str | None = None,
    target: str | None = None,
    action: str | None = None,
    before: int | None = None,
    limit: int,
) -> Sequence[Row[Any]]:
    """Entries, newest first."""
    wanted = {"actor_id": actor, "room_id": room_id, "target": target, "action": action}
    filters = _equal(audit, wanted)
    if before is not None:
        filters.append(audit.c.number < before)
    return tx.execute(select(audit).where(*filters).order_by(audit.c.number.desc()).limit(limit)).all()


def audit_after(tx: ReadSession, number: int, limit: int) -> Sequence[Row[Any]]:
    """Entries after this number, oldest first."""
    return tx.execute(select(audit).where(audit.c.number > number).order_by(audit.c.number).limit(limit)).all()


def broken_entry(tx: ReadSession) -> int | None:
    """The number of the first entry that was tampered with, None when the log is whole."""
    return first_broken(tx.execute(select(audit).order_by(audit.c.number)), audit_store.head(tx))


def missing_from_log(tx: ReadSession, exported: Iterable[dict[str, Any]]) -> int | None:
    """The number of the first entry of an earlier export that the log no longer has as it was; None when it has all."""
    for line in exported:
        found = tx.execute(select(audit.c.hash).where(audit.c.number == line["number"])).scalar_one_or_none()
        if found != line["hash"]:
            number: int = line["number"]
            return number
    return None


def room_restrictions(
    tx: ReadSession, caller: Caller, room_id: str, after: tuple[Any, ...] | None, fetch: int
) -> list[RestrictionRow]:
    """What is in force in a room, for those who moderate it."""
    may_moderate(standing_of(tx, require_room(tx, room_id), caller))
    return _restrictions(tx, restrictions.c.scope == room_id, after, fetch)


def house_restrictions(
    tx: ReadSession, caller: Caller, user_id: str | None, after: tuple[Any, ...] | None, fetch: int
) -> list[RestrictionRow]:
    """What is in force everywhere, or against one person anywhere."""
    require_staff(caller.role)
    wanted = restrictions.c.scope == HOUSE if user_id is None else restrictions.c.user_id == user_id
    return _restrictions(tx, wanted, after, fetch)


def list_reports(
    tx: ReadSession, caller: Caller, filters: Mapping[str, str | None], after: str | None, fetch: int
) -> list[ReportRow]:
    """Reports for admins, newest first."""
    require_admin(caller.role)
    status = filters["status"]
    query = select(*REPORT_COLUMNS).select_from(REPORTS)
    query = query.where(*_equal(reports, {**filters, "status": None}))
    if status is not None:
        query = query.where(cases.c.status == status)
    if after is not None:
        query = query.where(reports.c.id < after)
    return [ReportRow(*row) for row in tx.execute(query.order_by(reports.c.id.desc()).limit(fetch))]


def author_of(tx: ReadSession, report_id: str) -> str | None:
    """Who wrote what a report is about."""
    query = select(cases.c.author_id).join_from(reports, cases, cases.c.id == reports.c.case_id)
    author_id: str | None = tx.execute(query.where(reports.c.id == report_id)).scalar_one_or_none()
    return author_id


def list_cases(
    tx: ReadSession, caller: Caller, filters: Mapping[str, str | None], after: str | None, fetch: int
) -> list[CaseRow]:
    """Cases for the house's staff, longest waiting first."""
    require_staff(caller.role)
    query = select(*case_store.COLUMNS).where(*_equal(cases, filters))
    if after is not None:
        query = query.where(cases.c.id > after)
    return [CaseRow(*row) for row in tx.execute(query.order_by(cases.c.id).limit(fetch))]


def whole_case(tx: ReadSession, caller: Caller, case_id: str) -> tuple[CaseRow, list[NoteRow]]:
    """A case and its notes, for the house's staff."""
    require_staff(caller.role)
    case = case_store.find(tx, case_id)
    if case is None:
        raise NotFound("There is no such case.")
    return case, case_store.notes_of(tx, case_id)


def house_words(tx: ReadSession, caller: Caller) -> dict[str, list[str]]:
    """The house's lists, for admins."""
    require_admin(caller.role)
    return words.lists(tx, words.HOUSE)


def room_words(tx: ReadSession, caller: Caller, room_id: str) -> dict[str, list[str]]:
    """A room's lists, for those who moderate it."""
    may_moderate(standing_of(tx, require_room(tx, room_id), caller))
    lists = words.lists(tx, room_id)
    return {name: lists[name] for name in ("blocked", "allowed")}


def room_rules(tx: ReadSession, caller: Caller, room_id: str) -> str | None:
    """A room's rules as JSON, for those who moderate it."""
    may_moderate(standing_of(tx, require_room(tx, room_id), caller))
    return rules.find(tx, room_id)


def _equal(table: Table, wanted: Mapping[str, str | None]) -> list[ColumnElement[bool]]:
    return [table.c[name] == value for name, value in wanted.items() if value is not None]


def _restrictions(
    tx: ReadSession, wanted: ColumnElement[bool], after: tuple[Any, ...] | None, fetch: int
) -> list[RestrictionRow]:
    here = restrictions.c
    order = (here.created_at, here.scope, here.user_id, here.kind)
    query = select(*COLUMNS).where(wanted, in_force(tx.now))
    if after is not None:
        query = query.where(tuple_(*order) < after)
    return [RestrictionRow(*row) for row in tx.execute(query.order_by(*(each.desc() for each in order)).limit(fetch))]
