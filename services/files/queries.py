"""What is read: files by id, people's pictures, roles in rooms, and what is left to clean up."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import RowMapping, func, select

from services.files.models import (
    attachments,
    avatars,
    deleted_rooms,
    deleted_users,
    direct_uploads,
    ended_sessions,
    files,
    members,
    public_rooms,
    removals,
)
from services.files.policy import no_such_file
from shared.database import ReadSession
from shared.problems import NotFound


def file_row(tx: ReadSession, file_id: str) -> RowMapping:
    """The file's row. Raises NotFound."""
    row = tx.execute(select(files).where(files.c.id == file_id)).mappings().one_or_none()
    if row is None:
        raise no_such_file()
    return row


def file_rows(tx: ReadSession, ids: Collection[str]) -> Sequence[RowMapping]:
    """The rows of those files that there are."""
    return tx.execute(select(files).where(files.c.id.in_(ids)).order_by(files.c.id)).mappings().all()


def files_of(tx: ReadSession, user_id: str, after: str, limit: int) -> Sequence[RowMapping]:
    """The rows of what a person has uploaded, the oldest first, from after this id on."""
    mine = select(files).where((files.c.uploaded_by == user_id) & (files.c.id > after))
    return tx.execute(mine.order_by(files.c.id).limit(limit)).mappings().all()


def direct_upload(tx: ReadSession, upload_id: str, user_id: str) -> RowMapping:
    """The row of a person's own upload. Raises NotFound for every other."""
    mine = (direct_uploads.c.id == upload_id) & (direct_uploads.c.user_id == user_id)
    row = tx.execute(select(direct_uploads).where(mine)).mappings().one_or_none()
    if row is None:
        raise NotFound("There is no such upload.")
    return row


def expected_bytes(tx: ReadSession, user_id: str) -> int:
    """What the person's uploads that are under way would add."""
    under_way = (direct_uploads.c.user_id == user_id) & direct_uploads.c.file_id.is_(None)
    total = select(func.sum(direct_uploads.c.size)).where(under_way & (direct_uploads.c.expires_at > tx.now))
    return int(tx.execute(total).scalar_one() or 0)


def expired_uploads(tx: ReadSession, before: datetime) -> Sequence[str]:
    """Ids of uploads whose time was over then."""
    over = select(direct_uploads.c.id).where(direct_uploads.c.expires_at < before)
    return tx.execute(over.limit(100)).scalars().all()


def find_avatar(tx: ReadSession, user_id: str) -> RowMapping | None:
    """The row of a person's picture, if there is one."""
    return tx.execute(select(avatars).where(avatars.c.user_id == user_id)).mappings().one_or_none()


def avatar_row(tx: ReadSession, user_id: str) -> RowMapping:
    """The row of a person's picture. Raises NotFound."""
    row = find_avatar(tx, user_id)
    if row is None:
        raise NotFound("There is no such picture.")
    return row


def is_deleted(tx: ReadSession, user_id: str) -> bool:
    """Whether the account is known to be gone."""
    return tx.execute(select(deleted_users).where(deleted_users.c.user_id == user_id)).first() is not None


def has_ended(tx: ReadSession, session_id: str) -> bool:
    """Whether the session is known to be over."""
    ended = select(ended_sessions).where(ended_sessions.c.session_id == session_id)
    return tx.execute(ended).first() is not None


def room_role(tx: ReadSession, room_id: str, user_id: str) -> str | None:
    """The person's role in the room, None for non-members."""
    mine = (members.c.room_id == room_id) & (members.c.user_id == user_id)
    role: str | None = tx.execute(select(members.c.role).where(mine)).scalar_one_or_none()
    return role


def is_public(tx: ReadSession, room_id: str) -> bool:
    """Whether everybody may see the room."""
    return tx.execute(select(public_rooms).where(public_rooms.c.room_id == room_id)).first() is not None


def is_between_two(tx: ReadSession, room_id: str) -> bool:
    """Whether it is a direct room: of all rooms that have members, these alone have no owner."""
    roles = set(tx.execute(select(members.c.role).where(members.c.room_id == room_id).distinct()).scalars())
    return bool(roles) and "owner" not in roles


def used_bytes(tx: ReadSession, user_id: str) -> int:
    """What the person's files add up to."""
    total = select(func.sum(files.c.size)).where(files.c.uploaded_by == user_id)
    return int(tx.execute(total).scalar_one() or 0)


def attached_to(tx: ReadSession, message_id: str) -> set[str]:
    """Ids of the files that the message has."""
    return set(tx.execute(select(attachments.c.file_id).where(attachments.c.message_id == message_id)).scalars())


def is_attached(tx: ReadSession, file_id: str) -> bool:
    """Whether any message has the file."""
    return tx.execute(select(attachments).where(attachments.c.file_id == file_id).limit(1)).first() is not None


def files_in(tx: ReadSession, room_id: str, ids: Collection[str]) -> set[str]:
    """Those of the files that are in the room."""
    theirs = files.c.id.in_(ids) & (files.c.room_id == room_id)
    return set(tx.execute(select(files.c.id).where(theirs)).scalars())


def unused_since(tx: ReadSession, before: datetime, limit: int) -> Sequence[str]:
    """Ids of files that no message has had since before then."""
    waiting = select(files.c.id).where(files.c.unused_since < before)
    return tx.execute(waiting.order_by(files.c.unused_since).limit(limit)).scalars().all()


def known_blobs(tx: ReadSession, keys: Collection[str]) -> set[str]:
    """Those of the contents that a file or a person has."""
    columns = (files.c.blob, files.c.thumbnail, avatars.c.blob)
    return {key for column in columns for key in tx.execute(select(column).where(column.in_(keys))).scalars()}


def rooms_to_clear(tx: ReadSession) -> Sequence[str]:
    """Deleted rooms that may still have files."""
    return tx.execute(select(deleted_rooms.c.room_id).limit(100)).scalars().all()


def blobs_to_remove(tx: ReadSession) -> Sequence[str]:
    """Contents that are to go."""
    return tx.execute(select(removals.c.blob).limit(100)).scalars().all()
