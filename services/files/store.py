"""All that is written to the database."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, delete, insert, select, update

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
from shared.database import WriteSession

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def add_file(tx: WriteSession, row: Mapping[str, Any]) -> None:
    """Keep a new file."""
    tx.execute(insert(files).values(**row))


def take_file(tx: WriteSession, file_id: str) -> RowMapping | None:
    """Remove a file and leave its contents for removal; None when somebody else was faster."""
    row = tx.execute(delete(files).where(files.c.id == file_id).returning(files)).mappings().one_or_none()
    if row is not None:
        tx.execute(delete(attachments).where(attachments.c.file_id == file_id))
        tx.execute(insert(removals), [{"blob": blob} for blob in (row["blob"], row["thumbnail"]) if blob])
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


def attach(tx: WriteSession, message_id: str, file_ids: Collection[str]) -> None:
    """Note that a message has these files: they wait for none any more."""
    if file_ids:
        tx.execute(insert(attachments), [{"message_id": message_id, "file_id": each} for each in sorted(file_ids)])
        tx.execute(update(files).where(files.c.id.in_(file_ids)).values(unused_since=None))


def detach(tx: WriteSession, message_id: str, file_ids: Collection[str]) -> None:
    """Note that a message has these files no more."""
    theirs = (attachments.c.message_id == message_id) & attachments.c.file_id.in_(file_ids)
    tx.execute(delete(attachments).where(theirs))


def wait_from(tx: WriteSession, file_ids: Collection[str], at: datetime) -> None:
    """Let files that wait for a message do so from then on; never for a shorter time than they would."""
    waiting = files.c.id.in_(file_ids) & (files.c.unused_since < at)
    tx.execute(update(files).where(waiting).values(unused_since=at))


def wait_again(tx: WriteSession, file_ids: Collection[str], at: datetime) -> None:
    """Let files that no message has any more wait for one from then on."""
    tx.execute(update(files).where(files.c.id.in_(file_ids)).values(unused_since=at))


def stop_waiting(tx: WriteSession, user_id: str) -> None:
    """What a person has uploaded and no message has need not wait for one any more."""
    waiting = (files.c.uploaded_by == user_id) & files.c.unused_since.is_not(None)
    tx.execute(update(files).where(waiting).values(unused_since=_LONG_AGO))


def add_direct_upload(tx: WriteSession, row: Mapping[str, Any]) -> None:
    """Expect an upload that a client brings to the store by itself."""
    tx.execute(insert(direct_uploads).values(**row))


def take_over(tx: WriteSession, upload_id: str, file_id: str) -> None:
    """Note which file an upload became."""
    tx.execute(update(direct_uploads).where(direct_uploads.c.id == upload_id).values(file_id=file_id))


def drop_direct_upload(tx: WriteSession, upload_id: str) -> None:
    """Expect it no more."""
    tx.execute(delete(direct_uploads).where(direct_uploads.c.id == upload_id))


def add_avatar(tx: WriteSession, user_id: str, blob: str, hash: str, size: int) -> None:
    """Keep a person's picture."""
    tx.execute(insert(avatars).values(user_id=user_id, blob=blob, hash=hash, size=size, updated_at=tx.now))


def take_avatar(tx: WriteSession, user_id: str) -> bool:
    """Remove a person's picture and leave its content for removal; whether there was one."""
    mine = avatars.c.user_id == user_id
    blob = tx.execute(delete(avatars).where(mine).returning(avatars.c.blob)).scalar_one_or_none()
    if blob is not None:
        tx.execute(insert(removals).values(blob=blob))
    return blob is not None


def note_deleted_user(tx: WriteSession, user_id: str) -> None:
    """Remember that an account is gone."""
    if tx.execute(select(deleted_users).where(deleted_users.c.user_id == user_id)).first() is None:
        tx.execute(insert(deleted_users).values(user_id=user_id))


def note_ended_session(tx: WriteSession, session_id: str) -> None:
    """Remember that a session is over."""
    if tx.execute(select(ended_sessions).where(ended_sessions.c.session_id == session_id)).first() is None:
        tx.execute(insert(ended_sessions).values(session_id=session_id, at=tx.now))


def forget_ended_sessions(tx: WriteSession, age: timedelta) -> None:
    """Forget those that ended longer ago."""
    tx.execute(delete(ended_sessions).where(ended_sessions.c.at < tx.now - age))


def put_member(tx: WriteSession, room_id: str, user_id: str, role: str) -> None:
    """Note a member, or the new role of one."""
    mine = (members.c.room_id == room_id) & (members.c.user_id == user_id)
    if tx.execute(update(members).where(mine).values(role=role)).rowcount == 0:
        tx.execute(insert(members).values(room_id=room_id, user_id=user_id, role=role))


def drop_member(tx: WriteSession, room_id: str, user_id: str) -> None:
    """Forget a member."""
    tx.execute(delete(members).where((members.c.room_id == room_id) & (members.c.user_id == user_id)))


def put_room(tx: WriteSession, room_id: str, *, public: bool) -> None:
    """Note whether everybody may see the room."""
    tx.execute(delete(public_rooms).where(public_rooms.c.room_id == room_id))
    if public:
        tx.execute(insert(public_rooms).values(room_id=room_id))


def drop_room(tx: WriteSession, room_id: str) -> None:
    """Forget who was in a room, and leave its files for removal."""
    tx.execute(delete(members).where(members.c.room_id == room_id))
    tx.execute(delete(public_rooms).where(public_rooms.c.room_id == room_id))
    if tx.execute(select(deleted_rooms).where(deleted_rooms.c.room_id == room_id)).first() is None:
        tx.execute(insert(deleted_rooms).values(room_id=room_id))
