"""The tickets table."""

from datetime import datetime

from sqlalchemy import delete, insert

from services.auth.models import tickets
from shared.database import WriteSession


def add(tx: WriteSession, digest: str, session_id: str, expires_at: datetime) -> None:
    """A new ticket."""
    tx.execute(insert(tickets).values(digest=digest, session_id=session_id, expires_at=expires_at))


def take(tx: WriteSession, digest: str) -> str | None:
    """The session of a ticket that is good now; from then on it is not."""
    taken = delete(tickets).where(tickets.c.digest == digest).returning(tickets.c.session_id, tickets.c.expires_at)
    row = tx.execute(taken).one_or_none()
    return row[0] if row is not None and row[1] > tx.now else None


def remove_expired(tx: WriteSession) -> None:
    """Those that nobody redeemed in time."""
    tx.execute(delete(tickets).where(tickets.c.expires_at <= tx.now))
