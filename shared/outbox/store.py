"""All SQL of the outbox but the recording itself (shared.database.recording)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy import delete, func, insert, select, update

from shared.database import ReadSession, WriteSession
from shared.database.outbox_tables import outbox, outbox_head
from shared.events import Envelope
from shared.ids import new_id


@dataclass(frozen=True, slots=True)
class Head:
    """The last id given, the database's epoch, and what the broker has confirmed."""

    last_id: int = 0
    epoch: str = ""
    published_id: int = 0
    stream_seq: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """An event as it is sent."""

    id: int
    subject: str
    envelope: bytes

    @staticmethod
    def of(envelope: Envelope) -> "Row":
        """What was recorded just now."""
        return Row(envelope.id, envelope.subject, envelope.encode())


def head(tx: ReadSession) -> Head:
    """Where the outbox is; zeros before the first event."""
    row = tx.execute(select(outbox_head)).one_or_none()
    return Head(row.last_id, row.epoch, row.published_id, row.stream_seq) if row else Head()


def ensured_head(tx: WriteSession) -> Head:
    """The same, but there is an epoch from now on."""
    present = head(tx)
    if not present.epoch:
        present = Head(epoch=new_id())
        tx.execute(insert(outbox_head), {"only": 1, "last_id": 0, "epoch": present.epoch, **_PUBLISHED_NOTHING})
    return present


def rows_after(tx: ReadSession, after: int, limit: int, max_bytes: int) -> tuple[Head, Sequence[Row]]:
    """The head and the next rows, as many as fit; at least one if there is one."""
    now = head(tx)
    query = select(outbox.c.id, outbox.c.subject, outbox.c.envelope).where(outbox.c.id > after)
    rows: list[Row] = []
    size = 0
    for id_, subject, envelope in tx.execute(query.order_by(outbox.c.id).limit(limit)):
        size += len(envelope)
        if rows and size > max_bytes:
            break
        rows.append(Row(id_, subject, _of_epoch(envelope, now.epoch)))
    return now, rows


def mark(tx: WriteSession, published_id: int, stream_seq: int) -> None:
    """Remember what the broker confirmed."""
    tx.execute(update(outbox_head).values(published_id=published_id, stream_seq=stream_seq))


def new_epoch(tx: WriteSession) -> Head:
    """Tell followers that this database is not the one they knew: they start over."""
    tx.execute(update(outbox_head).values(epoch=new_id(), **_PUBLISHED_NOTHING))
    return head(tx)


def purge(tx: WriteSession, before: datetime, limit: int = 10_000) -> int:
    """Delete published rows that are older, from the oldest on so that no hole opens; how many."""
    first_kept = select(func.min(outbox.c.id)).where(outbox.c.created_at >= before).scalar_subquery()
    published = select(outbox_head.c.published_id).scalar_subquery()
    old = select(outbox.c.id).where(outbox.c.id <= published, outbox.c.id < func.coalesce(first_kept, published + 1))
    result = tx.execute(delete(outbox).where(outbox.c.id.in_(old.order_by(outbox.c.id).limit(limit))))
    return result.rowcount


_PUBLISHED_NOTHING = {"published_id": 0, "stream_seq": 0}


def _of_epoch(envelope: str, epoch: str) -> bytes:
    # A row keeps the epoch in which it was recorded; it is told under the present one.
    return orjson.dumps({**orjson.loads(envelope), "epoch": epoch})
