"""All that is written to the database."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping, delete, insert, select, update

from services.files.models import deleted_rooms, files, members, removals
from shared.database import WriteSession


def add_file(tx: WriteSession, row: Mapping[str, Any]) -> None:
    """Keep a new file."""
    tx.execute(insert(files).values(**row))


def take_file(tx: WriteSession, file_id: str) -> RowMapping | None:
    """Remove a file and leave its content for removal; None when somebody else was faster."""
    row = tx.execute(delete(files).where(files.c.id == file_id).returning(files)).mappings().one_or_none()
    if row is not None:
        tx.execute(insert(removals).values(blob=row["blob"]))
    return row


def some_files_of(tx: WriteSession, room_id: str, limit: int) -> Sequence[str]:
    """Ids of files of a room."""
    return tx.execute(select(files.c.id).where(files.c.room_id == room_id).limit(limit)).scalars().all()


def room_cleared(tx: WriteSession, room_id: str) -> None:
    """Forget a deleted room that has no files left."""
    tx.execute(delete(deleted_rooms).where(deleted_rooms.c.room_id == room_id))


def blobs_removed(tx: WriteSession, blobs: Sequence[str]) -> None:
    """Forget contents that the store has let go of."""
    tx.execute(delete(removals).where(removals.c.blob.in_(blobs)))


def put_member(tx: WriteSession, room_id: str, user_id: str, role: str) -> None:
    """Note a member, or the new role of one."""
    mine = (members.c.room_id == room_id) & (members.c.user_id == user_id)
    if tx.execute(update(members).where(mine).values(role=role)).rowcount == 0:
        tx.execute(insert(members).values(room_id=room_id, user_id=user_id, role=role))


def drop_member(tx: WriteSession, room_id: str, user_id: str) -> None:
    """Forget a member."""
    tx.execute(delete(members).where((members.c.room_id == room_id) & (members.c.user_id == user_id)))


def drop_room(tx: WriteSession, room_id: str) -> None:
    """Forget who was in a room, and leave its files for removal."""
    tx.execute(delete(members).where(members.c.room_id == room_id))
    if tx.execute(select(deleted_rooms).where(deleted_rooms.c.room_id == room_id)).first() is None:
        tx.execute(insert(deleted_rooms).values(room_id=room_id))
