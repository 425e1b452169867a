"""The registration_invites table."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from services.auth.models import registration_invites as invites
from shared.database import ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class InviteRow:
    """An invitation to register."""

    id: str
    code: str
    created_by: str
    max_uses: int
    uses: int
    created_at: datetime
    expires_at: datetime


COLUMNS = tuple(invites.c[name] for name in InviteRow.__dataclass_fields__)
_GOOD = invites.c.uses < invites.c.max_uses


def good(tx: ReadSession, code: str) -> bool:
    """Whether somebody may come by this code now."""
    query = select(invites.c.id).where(invites.c.code == code, _GOOD, invites.c.expires_at > tx.now)
    return tx.execute(query).one_or_none() is not None


def add(tx: WriteSession, invite: InviteRow) -> None:
    """A new one."""
    tx.execute(insert(invites).values({column.name: getattr(invite, column.name) for column in COLUMNS}))


def use(tx: WriteSession, code: str) -> bool:
    """One use more, if there is one left; in one statement, so that of many at once the last place goes to one."""
    used = update(invites).where(invites.c.code == code, _GOOD, invites.c.expires_at > tx.now)
    return tx.execute(used.values(uses=invites.c.uses + 1).returning(invites.c.id)).one_or_none() is not None


def remove(tx: WriteSession, invite_id: str) -> bool:
    """Withdraw it; whether it was there."""
    return (
        tx.execute(delete(invites).where(invites.c.id == invite_id).returning(invites.c.id)).one_or_none() is not None
    )


def remove_expired(tx: WriteSession) -> None:
    """Those whose time is over."""
    tx.execute(delete(invites).where(invites.c.expires_at <= tx.now))
