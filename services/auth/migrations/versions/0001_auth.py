"""Users, sessions, tickets, bans; the kit's tables.

Written out, the kit's tables too: what a migration does must not change when the code does.
"""

import sqlalchemy as sa
from alembic import op

from shared.database import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _key(length: int) -> sa.String:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    _kit()
    op.create_table(
        "users",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("username", sa.String(length=32), nullable=False),
        sa.Column("username_key", _key(32), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_key", _key(1000), nullable=True),
        sa.Column("email_verified", sa.Boolean(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("display_name", sa.String(length=64), nullable=False),
        sa.Column("display_key", _key(200), nullable=True),
        sa.Column("bio", sa.String(length=500), nullable=False),
        sa.Column("avatar_url", sa.Text(), nullable=True),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("username_key"),
        sa.UniqueConstraint("email_key"),
    )
    op.create_index("users_display_key", "users", ["display_key"], unique=False)
    op.create_index("users_role", "users", ["role"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("user_agent", sa.String(length=256), nullable=False),
        sa.Column("ip", sa.String(length=64), nullable=False),
        sa.Column("refresh_digest", sa.String(length=64), nullable=False),
        sa.Column("previous_digest", sa.String(length=64), nullable=True),
        sa.Column("rotated_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("sessions_user", "sessions", ["user_id", "id"], unique=False)
    op.create_index("sessions_expires_at", "sessions", ["expires_at"], unique=False)
    op.create_table(
        "tickets",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("tickets_session", "tickets", ["session_id"], unique=False)
    op.create_index("tickets_expires_at", "tickets", ["expires_at"], unique=False)
    op.create_table(
        "bans",
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("by", sa.String(length=36), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"]),
        sa.PrimaryKeyConstraint("user_id"),
    )
    op.create_index("bans_expires_at", "bans", ["expires_at"], unique=False)


def _kit() -> None:
    op.create_table(
        "dead_letter",
        sa.Column("id", _BIG, autoincrement=True, nullable=False),
        sa.Column("producer", sa.String(length=32), nullable=False),
        sa.Column("event_id", _BIG, nullable=False),
        sa.Column("envelope", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "idempotency",
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("caller", sa.String(length=64), nullable=False),
        sa.Column("route", sa.String(length=255), nullable=False),
        sa.Column("request", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", "caller", "route"),
    )
    op.create_index("idempotency_at", "idempotency", ["at"], unique=False)
    op.create_table(
        "inbox",
        sa.Column("producer", sa.String(length=32), nullable=False),
        sa.Column("epoch", sa.String(length=36), nullable=False),
        sa.Column("last_id", _BIG, nullable=False),
        sa.PrimaryKeyConstraint("producer"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", _BIG, autoincrement=False, nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("envelope", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("outbox_created_at", "outbox", ["created_at"], unique=False)
    op.create_table(
        "outbox_head",
        sa.Column("only", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last_id", _BIG, nullable=False),
        sa.Column("epoch", sa.String(length=36), nullable=False),
        sa.Column("published_id", _BIG, nullable=False),
        sa.Column("stream_seq", _BIG, nullable=False),
        sa.PrimaryKeyConstraint("only"),
    )


def downgrade() -> None:
    """Drop them."""
    for table in ("bans", "tickets", "sessions", "users"):
        op.drop_table(table)
    for table in ("outbox_head", "outbox", "inbox", "idempotency", "dead_letter"):
        op.drop_table(table)
