"""The users table: where people stand in the house, as auth told us."""

from collections.abc import Collection

from sqlalchemy import insert, select, update

from services.moderation.models import users
from shared.database import ReadSession, WriteSession


def known(tx: ReadSession, user_ids: Collection[str]) -> set[str]:
    """Which of these we have heard of, the deleted ones included."""
    return set(tx.execute(select(users.c.id).where(users.c.id.in_(user_ids))).scalars())


def role_of(tx: ReadSession, user_id: str) -> str | None:
    """The role in the house; None for nobody and for the deleted."""
    query = select(users.c.role).where(users.c.id == user_id, users.c.deleted.is_(False))
    role: str | None = tx.execute(query).scalar_one_or_none()
    return role


def put(tx: WriteSession, user_id: str, role: str) -> None:
    """What auth says now; of a deleted person it says nothing any more."""
    living = (users.c.id == user_id, users.c.deleted.is_(False))
    if not learn(tx, user_id, role):
        tx.execute(update(users).where(*living).values(role=role))


def learn(tx: WriteSession, user_id: str, role: str) -> bool:
    """Somebody we had not heard of; False, and nothing changed, when we had."""
    if known(tx, [user_id]):
        return False
    tx.execute(insert(users).values(id=user_id, role=role, deleted=False))
    return True


def bury(tx: WriteSession, user_id: str) -> None:
    """Gone for good; the id stays even of the unknown."""
    learn(tx, user_id, "user")
    tx.execute(update(users).where(users.c.id == user_id).values(role="user", deleted=True))
