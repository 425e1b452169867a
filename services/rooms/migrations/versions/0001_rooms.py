"""Rooms, members, invitations, direct rooms, bans, our copy of users; the kit's tables.

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


def upgrade() -> None:
    """Make the tables."""
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
    op.create_table(
        "rooms",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("name_key", sa.String(length=200), nullable=False),
        sa.Column("description", sa.String(length=500), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("owner_id", sa.String(length=36), nullable=True),
        sa.Column("member_count", sa.Integer(), nullable=False),
        sa.Column("slow_mode_seconds", sa.Integer(), nullable=False),
        sa.Column("profanity", sa.String(length=8), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("rooms_expires_at", "rooms", ["expires_at"], unique=False)
    op.create_index("rooms_kind_id", "rooms", ["kind", "id", "name_key"], unique=False)
    op.create_table(
        "users",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("public", sa.Text(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "bans",
        sa.Column("room_id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["room_id"],
            ["rooms.id"],
        ),
        sa.PrimaryKeyConstraint("room_id", "user_id"),
    )
    op.create_table(
        "direct_rooms",
        sa.Column("low_id", sa.String(length=36), nullable=False),
        sa.Column("high_id", sa.String(length=36), nullable=False),
        sa.Column("room_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["high_id"],
            ["users.id"],
        ),
        sa.ForeignKeyConstraint(
            ["low_id"],
            ["users.id"],
        ),
        sa.ForeignKeyConstraint(
            ["room_id"],
            ["rooms.id"],
        ),
        sa.PrimaryKeyConstraint("low_id", "high_id"),
        sa.UniqueConstraint("room_id"),
    )
    op.create_table(
        "invites",
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("room_id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=True),
        sa.Column("max_uses", sa.Integer(), nullable=True),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["room_id"],
            ["rooms.id"],
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
        ),
        sa.PrimaryKeyConstraint("code"),
    )
    op.create_index("invites_room", "invites", ["room_id", "code"], unique=False)
    op.create_index("invites_user", "invites", ["user_id", "room_id"], unique=False)
    op.create_table(
        "members",
        sa.Column("room_id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("joined_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["room_id"],
            ["rooms.id"],
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
        ),
        sa.PrimaryKeyConstraint("room_id", "user_id"),
    )
    op.create_index("members_seniority", "members", ["room_id", "joined_at", "user_id"], unique=False)
    op.create_index("members_user", "members", ["user_id", "room_id"], unique=False)


def downgrade() -> None:
    """Drop them."""
    op.drop_index("members_user", table_name="members")
    op.drop_index("members_seniority", table_name="members")
    op.drop_table("members")
    op.drop_index("invites_user", table_name="invites")
    op.drop_index("invites_room", table_name="invites")
    op.drop_table("invites")
    op.drop_table("direct_rooms")
    op.drop_table("bans")
    op.drop_table("users")
    op.drop_index("rooms_kind_id", table_name="rooms")
    op.drop_index("rooms_expires_at", table_name="rooms")
    op.drop_table("rooms")
    op.drop_table("outbox_head")
    op.drop_index("outbox_created_at", table_name="outbox")
    op.drop_table("outbox")
    op.drop_table("inbox")
    op.drop_index("idempotency_at", table_name="idempotency")
    op.drop_table("idempotency")
    op.drop_table("dead_letter")
