"""Writes events into the outbox, in the transaction of the change they tell of."""

from datetime import datetime

from sqlalchemy import Connection, insert, update

from shared.database.outbox_tables import outbox, outbox_head
from shared.events import Envelope, Event
from shared.ids import new_id
from shared.web.request_id import current_request_id

_TAKE = (
    update(outbox_head).values(last_id=outbox_head.c.last_id + 1).returning(outbox_head.c.last_id, outbox_head.c.epoch)
)


def append(connection: Connection, event: Event, now: datetime) -> Envelope:
    """Give the event the next id and store it.

    The update locks the head's row until the commit, so ids are contiguous and become visible in their order.
    """
    last_id, epoch = _take_id(connection)
    envelope = Envelope(
        id=last_id,
        epoch=epoch,
        producer=event.producer,
        type=event.type,
        subject=event.subject,
        at=now,
        request_id=current_request_id(),
        data=event.model_dump(mode="json"),
    )
    row = {"id": last_id, "subject": envelope.subject, "envelope": envelope.encode().decode(), "created_at": now}
    connection.execute(insert(outbox), row)
    return envelope


def _take_id(connection: Connection) -> tuple[int, str]:
    taken = connection.execute(_TAKE).one_or_none()
    if taken is not None:
        return taken.last_id, taken.epoch
    epoch = new_id()
    connection.execute(
        insert(outbox_head), {"only": 1, "last_id": 1, "epoch": epoch, "published_id": 0, "stream_seq": 0}
    )
    return 1, epoch
