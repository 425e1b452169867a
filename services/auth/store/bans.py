"""The bans table."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, or_, select

from services.auth.models import bans
from shared.database import ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class BanRow:
    """A ban from the whole house; for ever without an end."""

    user_id: str
    reason: str
    by: str
    expires_at: datetime | None
    created_at: datetime


def find(tx: ReadSession, user_id: str) -> BanRow | None:
    """The ban that is in force now."""
    in_force = or_(bans.c.expires_at.is_(None), bans.c.expires_at > tx.now)
    row = tx.execute(select(bans).where(bans.c.user_id == user_id, in_force)).one_or_none()
    return None if row is None else BanRow(*row)


def put(tx: WriteSession, ban: BanRow) -> None:
    """This one instead of any there was."""
    remove(tx, ban.user_id)
    values = {name: getattr(ban, name) for name in BanRow.__dataclass_fields__}
    tx.execute(insert(bans).values(**values))


def remove(tx: WriteSession, user_id: str) -> None:
    """Lift it."""
    tx.execute(delete(bans).where(bans.c.user_id == user_id))


def remove_expired(tx: WriteSession) -> None:
    """Those whose time is over."""
    tx.execute(delete(bans).where(bans.c.expires_at <= tx.now))
