"""The blocks table: who does not want to hear from whom."""

from sqlalchemy import delete, func, insert, or_, select

from services.auth.models import blocks
from shared.database import ReadSession, WriteSession


def exists(tx: ReadSession, user_id: str, blocked_id: str) -> bool:
    """Whether the first has blocked the second."""
    query = select(blocks.c.user_id).where(blocks.c.user_id == user_id, blocks.c.blocked_id == blocked_id)
    return tx.execute(query).one_or_none() is not None


def count(tx: ReadSession, user_id: str) -> int:
    """How many this person has blocked."""
    return tx.execute(select(func.count()).select_from(blocks).where(blocks.c.user_id == user_id)).scalar_one()


def add(tx: WriteSession, user_id: str, blocked_id: str) -> None:
    """One more."""
    tx.execute(insert(blocks).values(user_id=user_id, blocked_id=blocked_id, created_at=tx.now))


def remove(tx: WriteSession, user_id: str, blocked_id: str) -> bool:
    """One less; whether there was one."""
    gone = delete(blocks).where(blocks.c.user_id == user_id, blocks.c.blocked_id == blocked_id)
    return tx.execute(gone.returning(blocks.c.blocked_id)).one_or_none() is not None


def forget(tx: WriteSession, user_id: str) -> None:
    """All that this person made, and all that was against them."""
    tx.execute(delete(blocks).where(or_(blocks.c.user_id == user_id, blocks.c.blocked_id == user_id)))
