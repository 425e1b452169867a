"""The direct_rooms table: one room a pair."""

from sqlalchemy import insert, select

from services.rooms.models import direct_rooms
from shared.database import ReadSession, WriteSession


def find(tx: ReadSession, one_id: str, other_id: str) -> str | None:
    """The id of the room of these two, in whichever order they are named."""
    low, high = sorted((one_id, other_id))
    pair = select(direct_rooms.c.room_id).where(direct_rooms.c.low_id == low, direct_rooms.c.high_id == high)
    room_id: str | None = tx.execute(pair).scalar_one_or_none()
    return room_id


def insert_pair(tx: WriteSession, one_id: str, other_id: str, room_id: str) -> None:
    """This is the room of these two from now on."""
    low, high = sorted((one_id, other_id))
    tx.execute(insert(direct_rooms).values(low_id=low, high_id=high, room_id=room_id))
