"""The revisions table: what the review of every replica has to read again."""

from sqlalchemy import func, insert, select, update

from services.moderation.models import revisions
from shared.database import ReadSession, WriteSession

_LAST = select(func.coalesce(func.max(revisions.c.revision), 0))


def last(tx: ReadSession) -> int:
    """The number of the latest change."""
    number: int = tx.execute(_LAST).scalar_one()
    return number


def advance(tx: WriteSession, scope: str) -> None:
    """The scope's words, rules or settings changed in this transaction."""
    number = last(tx) + 1
    if tx.execute(update(revisions).where(revisions.c.scope == scope).values(revision=number)).rowcount == 0:
        tx.execute(insert(revisions).values(scope=scope, revision=number))


def changed_after(tx: ReadSession, revision: int) -> list[str]:
    """The scopes that changed since that number."""
    return list(tx.execute(select(revisions.c.scope).where(revisions.c.revision > revision)).scalars())
