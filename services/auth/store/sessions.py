"""The sessions table: a row is a session that is good, an ended one has none."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from services.auth.models import sessions
from shared.database import ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session as it is stored."""

    id: str
    user_id: str
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    user_agent: str
    ip: str
    refresh_digest: str


COLUMNS = tuple(sessions.c[name] for name in SessionRow.__dataclass_fields__)


def find(tx: ReadSession, session_id: str) -> SessionRow | None:
    """The session, unless it ended."""
    query = select(*COLUMNS).where(sessions.c.id == session_id, sessions.c.expires_at > tx.now)
    row = tx.execute(query).one_or_none()
    return None if row is None else SessionRow(*row)


def of_user(tx: ReadSession, user_id: str) -> list[str]:
    """All of this person's, oldest first."""
    query = select(sessions.c.id).where(sessions.c.user_id == user_id, sessions.c.expires_at > tx.now)
    return list(tx.execute(query.order_by(sessions.c.id)).scalars())


def add(tx: WriteSession, session: SessionRow) -> None:
    """A new session."""
    values: dict[str, Any] = {column.name: getattr(session, column.name) for column in COLUMNS}
    tx.execute(insert(sessions).values(**values))


def rotate(tx: WriteSession, old: SessionRow, values: dict[str, Any]) -> None:
    """Another refresh token."""
    tx.execute(update(sessions).where(sessions.c.id == old.id).values(last_used_at=tx.now, **values))


def remove(tx: WriteSession, session_id: str) -> None:
    """End it; its tickets go with it."""
    tx.execute(delete(sessions).where(sessions.c.id == session_id))


def remove_expired(tx: WriteSession) -> None:
    """Those that nobody refreshed in time."""
    tx.execute(delete(sessions).where(sessions.c.expires_at <= tx.now))
