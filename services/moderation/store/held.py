"""The held_decisions table: who let which held text pass, and who did not."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import insert, select

from services.moderation.models import held_decisions
from shared.database import ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A decision; `id` is the held text's, `status` is approved or rejected."""

    id: str
    room_id: str
    author_id: str
    status: str
    by: str
    reason: str | None
    decided_at: datetime


def find(tx: ReadSession, held_id: str) -> DecisionRow | None:
    """What was decided about the text."""
    row = tx.execute(select(*held_decisions.c).where(held_decisions.c.id == held_id)).one_or_none()
    return None if row is None else DecisionRow(*row)


def add(tx: WriteSession, row: DecisionRow) -> None:
    """The one decision about a text."""
    tx.execute(insert(held_decisions).values(**asdict(row)))


def decided(tx: ReadSession, held_ids: Collection[str]) -> set[str]:
    """Which of these texts somebody has decided about."""
    query = select(held_decisions.c.id).where(held_decisions.c.id.in_(held_ids))
    return set(tx.execute(query).scalars())
