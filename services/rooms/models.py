"""The tables of the rooms service. Its outbox, inbox and idempotency tables are the kit's."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, MetaData, String, Table, Text, false

from shared.database import UtcDateTime
from shared.inbox import inbox_tables
from shared.outbox import outbox_tables
from shared.web.idempotency import idempotency_tables

metadata = MetaData()
outbox_tables(metadata)
inbox_tables(metadata)
idempotency_tables(metadata)

_ID = String(36)

# Our copy of auth's users. A deleted one stays as an empty shell, so that a late answer cannot bring it back.
users = Table(
    "users",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("username", Text, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("public", Text, nullable=False),
    Column("deleted", Boolean, nullable=False),
)

# `name_key` is the folded name that `?q=` looks in. The first index serves the newest public rooms and, because it
# holds the key and the end, a search through 100,000 of them without a look at the table (README.md has the plans).
rooms = Table(
    "rooms",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("name", String(80), nullable=False),
    Column("name_key", String(200), nullable=False),
    Column("description", String(500), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("owner_id", _ID),
    Column("member_count", Integer, nullable=False),
    Column("slow_mode_seconds", Integer, nullable=False),
    Column("profanity", String(8), nullable=False),
    Column("archived", Boolean, nullable=False, server_default=false()),
    Column("max_members", Integer),
    Column("retention_days", Integer),
    Column("expires_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index("rooms_listed", "kind", "id", "name_key", "expires_at"),
    Index("rooms_expires_at", "expires_at"),
)

# The second index answers "which rooms am I in", newest first; the third is the order of seniority.
members = Table(
    "members",
    metadata,
    Column("room_id", _ID, ForeignKey("rooms.id"), primary_key=True),
    Column("user_id", _ID, ForeignKey("users.id"), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("joined_at", UtcDateTime, nullable=False),
    Index("members_user", "user_id", "room_id"),
    Index("members_seniority", "room_id", "joined_at", "user_id"),
)

invites = Table(
    "invites",
    metadata,
    Column("code", String(64), primary_key=True),
    Column("room_id", _ID, ForeignKey("rooms.id"), nullable=False),
    Column("user_id", _ID, ForeignKey("users.id")),
    Column("max_uses", Integer),
    Column("uses", Integer, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", _ID, nullable=False),
    Index("invites_room", "room_id", "code"),
    Index("invites_user", "user_id", "room_id"),
)

# One row a pair, smaller id first: whoever asks, and however many at once, it is the same room.
direct_rooms = Table(
    "direct_rooms",
    metadata,
    Column("low_id", _ID, ForeignKey("users.id"), primary_key=True),
    Column("high_id", _ID, ForeignKey("users.id"), primary_key=True),
    Column("room_id", _ID, ForeignKey("rooms.id"), nullable=False, unique=True),
)

# Who may not come back, as moderation told us. The person need not be in our copy of users.
bans = Table(
    "bans",
    metadata,
    Column("room_id", _ID, ForeignKey("rooms.id"), primary_key=True),
    Column("user_id", _ID, primary_key=True),
    Column("expires_at", UtcDateTime),
)

# `user_id` wants to hear nothing from `blocked_id`, as auth told us. Neither need be in our copy of users.
blocks = Table(
    "blocks",
    metadata,
    Column("user_id", _ID, primary_key=True),
    Column("blocked_id", _ID, primary_key=True),
    Index("blocks_blocked", "blocked_id"),
)
