"""Change a scheduled message, cancel it, or remember that it was refused."""

from datetime import datetime, timedelta

from sqlalchemy import delete, update

from services.messaging.models import schedules
from services.messaging.schedules import own
from shared.database import WriteSession


def reschedule(tx: WriteSession, user_id: str, schedule_id: str, content: str | None, send_at: datetime | None) -> None:
    """Another content, another time, or both; one that was refused waits again."""
    row = own(tx, user_id, schedule_id)
    when = row.send_at if send_at is None else send_at
    text = row.content if content is None else content
    changed = {"content": text, "send_at": when, "due_at": when, "error": None}
    tx.execute(update(schedules).where(schedules.c.id == schedule_id).values(**changed))


def cancel(tx: WriteSession, user_id: str, schedule_id: str) -> None:
    """It is not sent."""
    own(tx, user_id, schedule_id)
    tx.execute(delete(schedules).where(schedules.c.id == schedule_id))


def give_up(tx: WriteSession, refused: dict[str, str]) -> None:
    """These were refused for these reasons, and are shown as such to who scheduled them."""
    for schedule_id, code in refused.items():
        tx.execute(update(schedules).where(schedules.c.id == schedule_id).values(due_at=None, error=code[:32]))


def put_off(tx: WriteSession, waits: dict[str, float]) -> None:
    """These are tried again after so many seconds."""
    for schedule_id, seconds in waits.items():
        due_at = tx.now + timedelta(seconds=seconds)
        still = (schedules.c.id == schedule_id, schedules.c.due_at.is_not(None))
        tx.execute(update(schedules).where(*still).values(due_at=due_at))
