"""The blocks table: who wants to hear nothing from whom, as auth said."""

from sqlalchemy import and_, delete, insert, or_, select
from sqlalchemy.sql.elements import ColumnElement

from services.rooms.models import blocks
from shared.database import ReadSession, WriteSession


def has_blocked(tx: ReadSession, user_id: str, blocked_id: str) -> bool:
    """Has the one blocked the other?"""
    return tx.execute(select(blocks.c.user_id).where(_is(user_id, blocked_id))).one_or_none() is not None


def stands_between(tx: ReadSession, one_id: str, other_id: str) -> bool:
    """Has either of the two blocked the other?"""
    either = or_(_is(one_id, other_id), _is(other_id, one_id))
    return tx.execute(select(blocks.c.user_id).where(either).limit(1)).one_or_none() is not None


def put(tx: WriteSession, user_id: str, blocked_id: str) -> None:
    """The one has blocked the other, perhaps not for the first time."""
    if not has_blocked(tx, user_id, blocked_id):
        tx.execute(insert(blocks).values(user_id=user_id, blocked_id=blocked_id))


def lift(tx: WriteSession, user_id: str, blocked_id: str) -> None:
    """The one hears the other again."""
    tx.execute(delete(blocks).where(_is(user_id, blocked_id)))


def forget(tx: WriteSession, user_id: str) -> None:
    """Nothing is known of whom this person blocked, nor of who blocked them."""
    tx.execute(delete(blocks).where(or_(blocks.c.user_id == user_id, blocks.c.blocked_id == user_id)))


def _is(user_id: str, blocked_id: str) -> ColumnElement[bool]:
    return and_(blocks.c.user_id == user_id, blocks.c.blocked_id == blocked_id)
