"""Messaging's tables. The timeline is the service's outbox: one table, one order (docs/decisions/0004)."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    false,
    text,
)

from shared.database import UtcDateTime
from shared.inbox import inbox_tables

metadata = MetaData()
inbox_tables(metadata)

_BIG = BigInteger().with_variant(Integer(), "sqlite")

# One row. Writing transactions follow each other over all replicas (shared.database), so positions are taken and
# become visible in one order.
timeline_head = Table(
    "timeline_head",
    metadata,
    Column("only", Integer, primary_key=True, autoincrement=False),
    Column("epoch", String(36), nullable=False),
    Column("pos", _BIG, nullable=False),
    Column("published_pos", _BIG, nullable=False),
    Column("stream_seq", _BIG, nullable=False),
)

timeline = Table(
    "timeline",
    metadata,
    Column("pos", _BIG, primary_key=True, autoincrement=False),
    Column("room_id", String(36), nullable=False),
    Column("seq", _BIG, nullable=False),
    Column("type", String(32), nullable=False),
    Column("frame", LargeBinary, nullable=False),
    Column("removes", String(36)),
    Column("at", UtcDateTime, nullable=False),
    Column("file_ids", Text),
    Column("files_wait_until", UtcDateTime),
    Column("by_moderator", Boolean, nullable=False, server_default=false()),
    Index("timeline_room_seq", "room_id", "seq", unique=True),
)

users = Table(
    "users",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("username", String(64), nullable=False),
    Column("display_name", String(200), nullable=False),
    Column("avatar_url", Text),
    Column("deleted", Boolean, nullable=False, default=False),
    Column("username_key", String(64), nullable=False, server_default=""),
    Index("users_username_key", "username_key"),
)

# People who are gone, until no entry up to `until` names them any more; those up to `pos` do not.
forgetting = Table(
    "forgetting",
    metadata,
    Column("user_id", String(36), primary_key=True),
    Column("pos", _BIG, nullable=False),
    Column("until", _BIG, nullable=False),
)

rooms = Table(
    "rooms",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("state", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("member_count", Integer, nullable=False, default=0),
    Column("head_seq", _BIG, nullable=False, default=0),
    Column("head_at", UtcDateTime),
    Column("deleted_at", UtcDateTime),
)

members = Table(
    "members",
    metadata,
    Column("room_id", String(36), ForeignKey("rooms.id"), primary_key=True),
    Column("user_id", String(36), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("joined_at", UtcDateTime, nullable=False),
    Column("joined_seq", _BIG, nullable=False),
    Index("members_user", "user_id"),
)

# Who went, and at which entry: a late reader is told "removed" (4403) and not "no such room" (4404).
departures = Table(
    "departures",
    metadata,
    Column("room_id", String(36), primary_key=True),
    Column("user_id", String(36), primary_key=True),
    Column("reason", String(16), nullable=False),
    Column("seq", _BIG, nullable=False),
)

messages = Table(
    "messages",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("room_id", String(36), ForeignKey("rooms.id"), nullable=False),
    Column("seq", _BIG, nullable=False),
    Column("author_id", String(36), nullable=False),
    Column("client_id", String(128)),
    Column("content", Text, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("reply_to", String(36)),
    Column("attachments", Text, nullable=False),
    Column("mentions", Text, nullable=False),
    Column("reviewed", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("edited_at", UtcDateTime),
    Column("deleted_at", UtcDateTime),
    Index("messages_room_seq", "room_id", "seq", unique=True),
    Index("messages_once", "author_id", "room_id", "client_id", unique=True),
    Column("pos", _BIG),  # of its creation: its key in SQLite's search index
    Column("thread_id", String(36)),  # the message that the thread began with
    Column("mentions_room", Boolean, nullable=False, server_default=false()),
    Column("reacted", Boolean, nullable=False, server_default=false()),
    Column("pinned_at", UtcDateTime),
    Column("pinned_by", String(36)),
    Index("messages_unreviewed", "seq", sqlite_where=text("reviewed = 0"), postgresql_where=text("NOT reviewed")),
    Index("messages_pos", "pos"),
    Index(
        "messages_in_thread",
        "thread_id",
        "seq",
        sqlite_where=text("thread_id IS NOT NULL"),
        postgresql_where=text("thread_id IS NOT NULL"),
    ),
    Index(
        "messages_pinned",
        "room_id",
        sqlite_where=text("pinned_at IS NOT NULL"),
        postgresql_where=text("pinned_at IS NOT NULL"),
    ),
)

reactions = Table(
    "reactions",
    metadata,
    Column("message_id", String(36), primary_key=True),
    Column("user_id", String(36), primary_key=True),
    Column("emoji", String(64), primary_key=True),
    Column("seq", _BIG, nullable=False),
)

# What a message said before; `seq` is the entry that replaced it.
revisions = Table(
    "revisions",
    metadata,
    Column("message_id", String(36), primary_key=True),
    Column("seq", _BIG, primary_key=True, autoincrement=False),
    Column("content", Text, nullable=False),
    Column("written_at", UtcDateTime, nullable=False),
    Column("replaced_at", UtcDateTime, nullable=False),
)

# Whom a message calls; user "" is everybody in the room.
mentions = Table(
    "mentions",
    metadata,
    Column("message_id", String(36), primary_key=True),
    Column("user_id", String(36), primary_key=True),
    Column("room_id", String(36), nullable=False),
    Column("seq", _BIG, nullable=False),
    Index("mentions_of", "room_id", "user_id", "seq"),
)

message_files = Table(
    "message_files",
    metadata,
    Column("file_id", String(36), primary_key=True),
    Column("message_id", String(36), primary_key=True),
    Index("message_files_message", "message_id"),
)

read_markers = Table(
    "read_markers",
    metadata,
    Column("room_id", String(36), primary_key=True),
    Column("user_id", String(36), primary_key=True),
    Column("seq", _BIG, nullable=False),
)

# When somebody last wrote in a room that is slowed down.
slow_mode = Table(
    "slow_mode",
    metadata,
    Column("room_id", String(36), primary_key=True),
    Column("user_id", String(36), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)

# Copied from moderation's events; room "" is everywhere.
restrictions = Table(
    "restrictions",
    metadata,
    Column("user_id", String(36), primary_key=True),
    Column("room_id", String(36), primary_key=True),
    Column("kind", String(8), primary_key=True),
    Column("expires_at", UtcDateTime),
)

# Copied from auth's events: user_id has blocked blocked_id.
blocks = Table(
    "blocks",
    metadata,
    Column("user_id", String(36), primary_key=True),
    Column("blocked_id", String(36), primary_key=True),
    Index("blocks_blocked", "blocked_id"),
)

# Messages for later. `due_at` is when it is tried next, None once it was refused (`error`).
schedules = Table(
    "schedules",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("room_id", String(36), nullable=False),
    Column("author_id", String(36), nullable=False),
    Column("client_id", String(128)),
    Column("content", Text, nullable=False),
    Column("reply_to", String(36)),
    Column("attachments", Text, nullable=False),
    Column("send_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime),
    Column("error", String(32)),
    Column("created_at", UtcDateTime, nullable=False),
    Index("schedules_due", "due_at"),
    Index("schedules_once", "author_id", "room_id", "client_id", unique=True),
)

# Texts that wait for a moderator or, with `reviewed` false, for the review; and those that were rejected, for a while.
# They are in no room's order: a message takes its number when it is approved, and has the id that it has here.
held = Table(
    "held",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("room_id", String(36), nullable=False),
    Column("author_id", String(36), nullable=False),
    Column("author_role", String(16), nullable=False),
    Column("client_id", String(128)),
    Column("message_id", String(36)),  # of an edit: the message that would say this
    Column("content", Text, nullable=False),
    Column("reply_to", String(36)),
    Column("attachments", Text, nullable=False),
    Column("reviewed", Boolean, nullable=False),
    Column("status", String(8), nullable=False),
    Column("reason", String(40)),
    Column("note", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("decided_at", UtcDateTime),
    Index("held_room", "room_id", "id"),
    Index("held_status", "status", "id"),
    Index("held_message", "message_id"),
    Index("held_once", "author_id", "room_id", "kind", "client_id", unique=True),
)

# Commands other than sends that were carried out, by the client_id their sender gave them, the message and what they
# did to it; the release before 0008 says "" for that.
receipts = Table(
    "receipts",
    metadata,
    Column("user_id", String(36), primary_key=True),
    Column("client_id", String(128), primary_key=True),
    Column("message_id", String(36), primary_key=True),
    Column("operation", String(80), primary_key=True, server_default=""),
    Column("seq", _BIG, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("receipts_at", "at"),
)
