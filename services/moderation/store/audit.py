"""The audit table and where it ends. Nothing but appending is possible: the database refuses all else."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import insert, select, update

from services.moderation.audit import START, Act
from services.moderation.models import audit, audit_head
from shared.database import ReadSession, WriteSession

_HEAD = select(audit_head.c.number, audit_head.c.hash)


def head(tx: ReadSession) -> tuple[int, str]:
    """Number and hash of the last entry."""
    row = tx.execute(_HEAD).one_or_none()
    return (0, START) if row is None else (row.number, row.hash)


def is_noted(tx: ReadSession, act: Act) -> bool:
    """Whether the log has this very act."""
    same = [audit.c[name] == value for name, value in asdict(act).items() if value is not None]
    return tx.execute(select(audit.c.number).where(*same).limit(1)).first() is not None


def append(tx: WriteSession, row: Mapping[str, Any]) -> None:
    """One entry more, which is the last one now."""
    tx.execute(insert(audit).values(**row))
    last = {"number": row["number"], "hash": row["hash"]}
    if tx.execute(update(audit_head).values(**last)).rowcount == 0:
        tx.execute(insert(audit_head).values(only=1, **last))
