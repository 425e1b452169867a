"""The restrictions table: who may not write, or not come in, where and until when."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import and_, delete, func, insert, or_, select
from sqlalchemy.sql.elements import ColumnElement

from services.moderation.models import restrictions
from shared.database import ReadSession, WriteSession

HOUSE = "house"
COLUMNS = (
    restrictions.c.scope,
    restrictions.c.user_id,
    restrictions.c.kind,
    restrictions.c.reason,
    restrictions.c.by,
    restrictions.c.expires_at,
    restrictions.c.created_at,
)


@dataclass(frozen=True, slots=True)
class RestrictionRow:
    """A restriction as it is stored; `by` is None when a rule did it."""

    scope: str
    user_id: str
    kind: str
    reason: str | None
    by: str | None
    expires_at: datetime | None
    created_at: datetime

    @property
    def room_id(self) -> str | None:
        """The room it is for; None for the whole house."""
        return None if self.scope == HOUSE else self.scope


def put(tx: WriteSession, row: RestrictionRow) -> None:
    """A restriction, in place of an earlier one of its kind."""
    tx.execute(delete(restrictions).where(_same(row.scope, row.user_id, row.kind)))
    tx.execute(insert(restrictions).values(**asdict(row)))


def lift(tx: WriteSession, scope: str, user_id: str, kind: str) -> bool:
    """No such restriction any longer; whether there was one."""
    gone = delete(restrictions).where(_same(scope, user_id, kind)).returning(restrictions.c.kind)
    return tx.execute(gone).one_or_none() is not None


def find(tx: ReadSession, scope: str, user_id: str, kind: str) -> RestrictionRow | None:
    """The restriction that is in force."""
    row = tx.execute(select(*COLUMNS).where(_same(scope, user_id, kind), in_force(tx.now))).one_or_none()
    return None if row is None else RestrictionRow(*row)


def in_force(now: datetime) -> ColumnElement[bool]:
    """What is over restricts nobody, even while the expiry loop has not told so."""
    return or_(restrictions.c.expires_at.is_(None), restrictions.c.expires_at > now)


def next_end(tx: ReadSession) -> datetime | None:
    """When the next one ends."""
    end: datetime | None = tx.execute(select(func.min(restrictions.c.expires_at))).scalar_one()
    return end


def ended(tx: ReadSession, limit: int) -> Sequence[RestrictionRow]:
    """Those that are over, longest first."""
    due = select(*COLUMNS).where(restrictions.c.expires_at <= tx.now).order_by(restrictions.c.expires_at)
    return [RestrictionRow(*row) for row in tx.execute(due.limit(limit))]


def drop_scope(tx: WriteSession, scope: str) -> None:
    """All of a room that is gone."""
    tx.execute(delete(restrictions).where(restrictions.c.scope == scope))


def drop_user(tx: WriteSession, user_id: str) -> None:
    """All against a person who is gone."""
    tx.execute(delete(restrictions).where(restrictions.c.user_id == user_id))


def _same(scope: str, user_id: str, kind: str) -> ColumnElement[bool]:
    here = restrictions.c
    return and_(here.scope == scope, here.user_id == user_id, here.kind == kind)
