"""The rules table: a room's automatic rules, as the JSON that was put."""

from sqlalchemy import delete, insert, select

from services.moderation.models import rules
from shared.database import ReadSession, WriteSession


def find(tx: ReadSession, room_id: str) -> str | None:
    """The room's rules; None when it never had any."""
    text: str | None = tx.execute(select(rules.c.rules).where(rules.c.room_id == room_id)).scalar_one_or_none()
    return text


def put(tx: WriteSession, room_id: str, text: str) -> None:
    """These, in place of what was there."""
    drop(tx, room_id)
    tx.execute(insert(rules).values(room_id=room_id, rules=text))


def drop(tx: WriteSession, room_id: str) -> None:
    """None any more."""
    tx.execute(delete(rules).where(rules.c.room_id == room_id))
