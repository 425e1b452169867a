"""The tables of the auth service. Its outbox, inbox and idempotency tables are the kit's."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, MetaData, String, Table, Text

from shared.database import UtcDateTime
from shared.inbox import inbox_tables
from shared.outbox import outbox_tables
from shared.web.idempotency import idempotency_tables

metadata = MetaData()
outbox_tables(metadata)
inbox_tables(metadata)
idempotency_tables(metadata)

_ID = String(36)
_DIGEST = String(64)


def _key(length: int) -> String:
    # Bytewise order: prefixes are ranges of it, and both databases page alike.
    return String(length).with_variant(String(length, collation="C"), "postgresql")


# The keys are the folded names: unique without regard to case, and what `?q=` looks in. A deleted account keeps its
# row, emptied, so that its id is never anybody else's; its keys are null and free for others.
users = Table(
    "users",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("username", String(32), nullable=False),
    Column("username_key", _key(32), unique=True),
    Column("email", String(254), nullable=False),
    Column("email_key", _key(1000), unique=True),
    Column("email_verified", Boolean, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("display_name", String(64), nullable=False),
    Column("display_key", _key(200)),
    Column("bio", String(500), nullable=False),
    Column("avatar_url", Text),
    Column("role", String(16), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("deleted_at", UtcDateTime),
    Index("users_display_key", "display_key"),
    Index("users_role", "role"),
)

# A login. Only digests of its newest refresh token and of the one before are kept.
sessions = Table(
    "sessions",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("user_id", _ID, ForeignKey("users.id"), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("last_used_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("user_agent", String(256), nullable=False),
    Column("ip", String(64), nullable=False),
    Column("refresh_digest", _DIGEST, nullable=False),
    # Read and written by the release before alone; to be dropped after it.
    Column("previous_digest", _DIGEST),
    Column("rotated_at", UtcDateTime),
    Index("sessions_user", "user_id", "id"),
    Index("sessions_expires_at", "expires_at"),
)

# Single use: redeeming one deletes it.
tickets = Table(
    "tickets",
    metadata,
    Column("digest", _DIGEST, primary_key=True),
    Column("session_id", _ID, ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Index("tickets_session", "session_id"),
    Index("tickets_expires_at", "expires_at"),
)

bans = Table(
    "bans",
    metadata,
    Column("user_id", _ID, ForeignKey("users.id"), primary_key=True),
    Column("reason", String(500), nullable=False),
    Column("by", _ID, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Index("bans_expires_at", "expires_at"),
)

# Personal access tokens, of which only the digest is kept.
tokens = Table(
    "tokens",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("user_id", _ID, ForeignKey("users.id"), nullable=False),
    Column("name", String(64), nullable=False),
    Column("scopes", String(64), nullable=False),
    Column("digest", _DIGEST, nullable=False, unique=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("last_used_at", UtcDateTime),
    Index("tokens_user", "user_id", "id"),
    Index("tokens_expires_at", "expires_at"),
)

# `user_id` has blocked `blocked_id`.
blocks = Table(
    "blocks",
    metadata,
    Column("user_id", _ID, ForeignKey("users.id"), primary_key=True),
    Column("blocked_id", _ID, ForeignKey("users.id"), primary_key=True),
    Column("created_at", UtcDateTime, nullable=False),
    Index("blocks_blocked", "blocked_id"),
)

# Codes by which somebody may register where that takes an invitation.
registration_invites = Table(
    "registration_invites",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("code", _key(64), nullable=False, unique=True),
    Column("created_by", _ID, nullable=False),
    Column("max_uses", Integer, nullable=False),
    Column("uses", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Index("registration_invites_expires_at", "expires_at"),
)

# Mail that is to go out. The code that it will carry is made when it goes, and kept as a digest in `mail_codes`.
mails = Table(
    "mails",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("user_id", _ID, ForeignKey("users.id"), nullable=False),
    Column("purpose", String(16), nullable=False),
    Column("email", String(254), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("tries", Integer, nullable=False),
    Index("mails_due_at", "due_at"),
    Index("mails_user", "user_id"),
)
mail_codes = Table(
    "mail_codes",
    metadata,
    Column("digest", _DIGEST, primary_key=True),
    Column("user_id", _ID, ForeignKey("users.id"), nullable=False),
    Column("purpose", String(16), nullable=False),
    Column("email", String(254), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Index("mail_codes_user", "user_id"),
    Index("mail_codes_expires_at", "expires_at"),
)

# Made by `rotate-keys`. A row without `sealed` (the private key, encrypted) says until when the first key, which comes
# from SECRET_KEY, is published.
signing_keys = Table(
    "signing_keys",
    metadata,
    Column("kid", String(64), primary_key=True),
    Column("sealed", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("signs_from", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
)
