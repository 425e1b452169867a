"""Moderation's tables: the audit log, and our copy of who is in which room."""

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, String, Table, Text

from shared.database import UtcDateTime
from shared.inbox import inbox_tables
from shared.outbox import outbox_tables

metadata = MetaData()
outbox_tables(metadata)
inbox_tables(metadata)

_BIG = BigInteger().with_variant(Integer(), "sqlite")

# Append-only: the database itself refuses to change or remove a row, and each row's hash covers the one before it.
audit = Table(
    "audit",
    metadata,
    Column("number", _BIG, primary_key=True, autoincrement=False),
    Column("id", String(36), nullable=False, unique=True),
    Column("at", UtcDateTime, nullable=False),
    Column("actor_id", String(36)),
    Column("action", String(40), nullable=False),
    Column("target", String(100), nullable=False),
    Column("room_id", String(36)),
    Column("reason", Text),
    Column("hash", String(64), nullable=False),
    Index("audit_actor", "actor_id", "number"),
    Index("audit_room", "room_id", "number"),
)

# Copied from rooms' events. Rooms keeps them for a day only, so the copy is kept from the first one on.
members = Table(
    "members",
    metadata,
    Column("room_id", String(36), primary_key=True),
    Column("user_id", String(36), primary_key=True),
    Column("role", String(16), nullable=False),
)
