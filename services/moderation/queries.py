"""What is read: the audit log."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Row, select

from services.moderation.audit import START, Act, first_broken
from services.moderation.models import audit
from shared.database import ReadSession

_HEAD = select(audit.c.number, audit.c.hash).order_by(audit.c.number.desc()).limit(1)


def audit_head(tx: ReadSession) -> tuple[int, str]:
    """Number and hash of the last entry."""
    row = tx.execute(_HEAD).one_or_none()
    return (0, START) if row is None else (row.number, row.hash)


def is_noted(tx: ReadSession, act: Act) -> bool:
    """Whether the log has this very act."""
    same = [audit.c[name] == value for name, value in asdict(act).items() if value is not None]
    return tx.execute(select(audit.c.number).where(*same).limit(1)).first() is not None


def audit_entries(
    tx: ReadSession, *, actor: str | None, room_id: str | None, before: int | None, limit: int
) -> Sequence[Row[Any]]:
    """Entries, newest first."""
    wanted = select(audit).order_by(audit.c.number.desc()).limit(limit)
    if actor is not None:
        wanted = wanted.where(audit.c.actor_id == actor)
    if room_id is not None:
        wanted = wanted.where(audit.c.room_id == room_id)
    if before is not None:
        wanted = wanted.where(audit.c.number < before)
    return tx.execute(wanted).all()


def broken_entry(tx: ReadSession) -> int | None:
    """The number of the first entry that was tampered with, None when the log is whole."""
    return first_broken(tx.execute(select(audit).order_by(audit.c.number)))
