"""Files' tables: files and avatars, our copies of what others told us, and what is still to be removed."""

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, String, Table

from shared.database import UtcDateTime
from shared.inbox import inbox_tables
from shared.outbox import outbox_tables
from shared.web.idempotency import idempotency_tables

metadata = MetaData()
outbox_tables(metadata)
inbox_tables(metadata)
idempotency_tables(metadata)

_BIG = BigInteger().with_variant(Integer(), "sqlite")

files = Table(
    "files",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("room_id", String(36), nullable=False),
    Column("uploaded_by", String(36), nullable=False),
    Column("name", String(255), nullable=False),
    Column("content_type", String(100), nullable=False),
    Column("size", _BIG, nullable=False),
    Column("blob", String(32), nullable=False, unique=True),
    Column("created_at", UtcDateTime, nullable=False),
    # Of pictures.
    Column("width", Integer),
    Column("height", Integer),
    Column("blurhash", String(64)),
    Column("thumbnail", String(32)),
    Column("thumbnail_size", _BIG),
    # Since when no message has it; null while one does.
    Column("unused_since", UtcDateTime),
    Index("files_room", "room_id"),
    Index("files_uploader", "uploaded_by"),
    Index("files_unused", "unused_since"),
)

# Uploads that clients bring to the store by themselves; `file_id` is null until one is taken over.
direct_uploads = Table(
    "direct_uploads",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("room_id", String(36), nullable=False),
    Column("user_id", String(36), nullable=False),
    Column("name", String(255), nullable=False),
    Column("size", _BIG, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("file_id", String(36)),
    Index("direct_uploads_expiry", "expires_at"),
)

avatars = Table(
    "avatars",
    metadata,
    Column("user_id", String(36), primary_key=True),
    Column("blob", String(32), nullable=False),
    Column("hash", String(32), nullable=False),
    Column("size", _BIG, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

# Which message has which file, as messaging tells it.
attachments = Table(
    "attachments",
    metadata,
    Column("message_id", String(36), primary_key=True),
    Column("file_id", String(36), primary_key=True),
    Index("attachments_file", "file_id"),
)

# Copied from rooms' events.
members = Table(
    "members",
    metadata,
    Column("room_id", String(36), primary_key=True),
    Column("user_id", String(36), primary_key=True),
    Column("role", String(16), nullable=False),
)

# Likewise; rooms from before this table are in it once their settings change.
public_rooms = Table("public_rooms", metadata, Column("room_id", String(36), primary_key=True))

# Accounts that are gone, so that an upload still under way does not bring a picture of one back.
deleted_users = Table("deleted_users", metadata, Column("user_id", String(36), primary_key=True))

# Sessions that ended before their time, for as long as a link that was made for one may be good.
ended_sessions = Table(
    "ended_sessions",
    metadata,
    Column("session_id", String(36), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)

# Rooms that are gone, until the last of their files is.
deleted_rooms = Table("deleted_rooms", metadata, Column("room_id", String(36), primary_key=True))

# Contents whose file is gone, until the store has let go of them too.
removals = Table("removals", metadata, Column("blob", String(32), primary_key=True))
