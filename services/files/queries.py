"""What is read: files by id, a person's role in a room, and what is left to clean up."""

from collections.abc import Collection, Sequence

from sqlalchemy import RowMapping, func, select

from services.files.models import deleted_rooms, files, members, removals
from services.files.policy import no_such_file
from shared.database import ReadSession


def file_row(tx: ReadSession, file_id: str) -> RowMapping:
    """The file's row. Raises NotFound."""
    row = tx.execute(select(files).where(files.c.id == file_id)).mappings().one_or_none()
    if row is None:
        raise no_such_file()
    return row


def file_rows(tx: ReadSession, ids: Collection[str]) -> Sequence[RowMapping]:
    """The rows of those files that there are."""
    return tx.execute(select(files).where(files.c.id.in_(ids)).order_by(files.c.id)).mappings().all()


def room_role(tx: ReadSession, room_id: str, user_id: str) -> str | None:
    """The person's role in the room, None for non-members."""
    mine = (members.c.room_id == room_id) & (members.c.user_id == user_id)
    role: str | None = tx.execute(select(members.c.role).where(mine)).scalar_one_or_none()
    return role


def used_bytes(tx: ReadSession, user_id: str) -> int:
    """What the person's files add up to."""
    total = select(func.sum(files.c.size)).where(files.c.uploaded_by == user_id)
    return int(tx.execute(total).scalar_one() or 0)


def known_blobs(tx: ReadSession, keys: Collection[str]) -> set[str]:
    """Those of the contents that a file has."""
    return set(tx.execute(select(files.c.blob).where(files.c.blob.in_(keys))).scalars())


def rooms_to_clear(tx: ReadSession) -> Sequence[str]:
    """Deleted rooms that may still have files."""
    return tx.execute(select(deleted_rooms.c.room_id).limit(100)).scalars().all()


def blobs_to_remove(tx: ReadSession) -> Sequence[str]:
    """Contents that are to go."""
    return tx.execute(select(removals.c.blob).limit(100)).scalars().all()
