"""The rooms table: what of a room matters here, as rooms told us."""

from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update

from services.moderation.models import rooms
from shared.database import ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class RoomRow:
    """A room: `profanity` is off, mask or block."""

    id: str
    kind: str
    profanity: str


def find(tx: ReadSession, room_id: str) -> RoomRow | None:
    """The room, if we heard of it."""
    query = select(rooms.c.id, rooms.c.kind, rooms.c.profanity).where(rooms.c.id == room_id)
    row = tx.execute(query).one_or_none()
    return None if row is None else RoomRow(*row)


def put(tx: WriteSession, room: RoomRow) -> bool:
    """The room as it is now; whether that is news to the review."""
    before = find(tx, room.id)
    values = {"kind": room.kind, "profanity": room.profanity}
    if before is None:
        tx.execute(insert(rooms).values(id=room.id, **values))
    elif before != room:
        tx.execute(update(rooms).where(rooms.c.id == room.id).values(**values))
    return before != room


def drop(tx: WriteSession, room_id: str) -> None:
    """No such room any more."""
    tx.execute(delete(rooms).where(rooms.c.id == room_id))
