"""Moderation's tables: restrictions, reports, words, rules, the audit log, and our copies of rooms and people."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, String, Table, Text, UniqueConstraint

from shared.database import UtcDateTime
from shared.inbox import inbox_tables
from shared.outbox import outbox_tables
from shared.web.idempotency import idempotency_tables

metadata = MetaData()
outbox_tables(metadata)
inbox_tables(metadata)
idempotency_tables(metadata)

_ID = String(36)
_BIG = BigInteger().with_variant(Integer(), "sqlite")

# Append-only: the database itself refuses to change or remove a row, and each row's hash covers the one before it.
audit = Table(
    "audit",
    metadata,
    Column("number", _BIG, primary_key=True, autoincrement=False),
    Column("id", _ID, nullable=False, unique=True),
    Column("at", UtcDateTime, nullable=False),
    Column("actor_id", _ID),
    Column("action", String(40), nullable=False),
    Column("target", String(100), nullable=False),
    Column("room_id", _ID),
    Column("reason", Text),
    Column("hash", String(64), nullable=False),
    Index("audit_actor", "actor_id", "number"),
    Index("audit_room", "room_id", "number"),
)

# Where the log ends: without it, entries cut off at the end would not be missed.
audit_head = Table(
    "audit_head",
    metadata,
    Column("only", Integer, primary_key=True),
    Column("number", _BIG, nullable=False),
    Column("hash", String(64), nullable=False),
)

# Copied from rooms' events. Rooms keeps them for a day only, so the copy is kept from the first one on.
members = Table(
    "members",
    metadata,
    Column("room_id", _ID, primary_key=True),
    Column("user_id", _ID, primary_key=True),
    Column("role", String(16), nullable=False),
)

rooms = Table(
    "rooms",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("profanity", String(8), nullable=False),
)

# Our copy of where people stand in the house. A deleted one stays, so that a late answer cannot bring them back.
users = Table(
    "users",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("role", String(16), nullable=False),
    Column("deleted", Boolean, nullable=False),
)

# `scope` is a room's id, or "house" for the whole house; what is over leaves the table when that is told.
restrictions = Table(
    "restrictions",
    metadata,
    Column("scope", _ID, primary_key=True),
    Column("user_id", _ID, primary_key=True),
    Column("kind", String(8), primary_key=True),
    Column("reason", Text),
    Column("by", _ID),
    Column("expires_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Index("restrictions_expires_at", "expires_at"),
    Index("restrictions_user", "user_id"),
)

# Everything about one message until somebody decides: the reports on it share a case, a later report opens the next.
# `evidence` is the message with its surroundings as they were at the first report.
cases = Table(
    "cases",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("message_id", _ID, nullable=False),
    Column("room_id", _ID, nullable=False),
    Column("author_id", _ID, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("status", String(10), nullable=False),
    Column("action", String(16)),
    Column("reports", Integer, nullable=False),
    Column("assigned_to", _ID),
    Column("resolved_by", _ID),
    Column("resolved_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Index("cases_message", "message_id", "status"),
    Index("cases_status", "status", "id"),
)

reports = Table(
    "reports",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("case_id", _ID, nullable=False),
    Column("message_id", _ID, nullable=False),
    Column("room_id", _ID, nullable=False),
    Column("reporter_id", _ID, nullable=False),
    Column("reason", String(16), nullable=False),
    Column("details", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("message_id", "reporter_id"),
    Index("reports_case", "case_id", "id"),
    Index("reports_reporter", "reporter_id"),
)

notes = Table(
    "notes",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("case_id", _ID, nullable=False),
    Column("by", _ID, nullable=False),
    Column("text", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index("notes_case", "case_id", "id"),
)

# What was decided about texts that messaging holds back; the first decision counts.
held_decisions = Table(
    "held_decisions",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("room_id", _ID, nullable=False),
    Column("author_id", _ID, nullable=False),
    Column("status", String(10), nullable=False),
    Column("by", _ID, nullable=False),
    Column("reason", Text),
    Column("decided_at", UtcDateTime, nullable=False),
)

# `scope` as in restrictions; `list` is blocked, allowed or refused.
words = Table(
    "words",
    metadata,
    Column("scope", _ID, primary_key=True),
    Column("list", String(8), primary_key=True),
    Column("word", String(100), primary_key=True),
)

rules = Table(
    "rules",
    metadata,
    Column("room_id", _ID, primary_key=True),
    Column("rules", Text, nullable=False),
)

# What the review has to know anew: a scope whose words, rules or setting changed gets the next number.
revisions = Table(
    "revisions",
    metadata,
    Column("scope", _ID, primary_key=True),
    Column("revision", _BIG, nullable=False),
    Index("revisions_revision", "revision"),
)
