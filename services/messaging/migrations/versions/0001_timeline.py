"""The timeline, its messages, and messaging's copies of rooms, members and users."""

import uuid

import sqlalchemy as sa
from alembic import op

from shared.database import UtcDateTime
from shared.inbox import inbox_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables, and the one row that says where the timeline ends."""
    metadata = sa.MetaData()
    inbox_tables(metadata)
    head = sa.Table(
        "timeline_head",
        metadata,
        sa.Column("only", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("epoch", sa.String(36), nullable=False),
        sa.Column("pos", _BIG, nullable=False),
        sa.Column("published_pos", _BIG, nullable=False),
        sa.Column("stream_seq", _BIG, nullable=False),
    )
    sa.Table(
        "timeline",
        metadata,
        sa.Column("pos", _BIG, primary_key=True, autoincrement=False),
        sa.Column("room_id", sa.String(36), nullable=False),
        sa.Column("seq", _BIG, nullable=False),
        sa.Column("type", sa.String(32), nullable=False),
        sa.Column("frame", sa.LargeBinary, nullable=False),
        sa.Column("removes", sa.String(36)),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Index("timeline_room_seq", "room_id", "seq", unique=True),
    )
    _copies(metadata)
    _messages(metadata)
    metadata.create_all(op.get_bind())
    op.get_bind().execute(sa.insert(head).values(only=1, epoch=str(uuid.uuid4()), pos=0, published_pos=0, stream_seq=0))


def _copies(metadata: sa.MetaData) -> None:
    sa.Table(
        "users",
        metadata,
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("username", sa.String(64), nullable=False),
        sa.Column("display_name", sa.String(200), nullable=False),
        sa.Column("avatar_url", sa.Text),
        sa.Column("deleted", sa.Boolean, nullable=False),
    )
    sa.Table(
        "rooms",
        metadata,
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("member_count", sa.Integer, nullable=False),
        sa.Column("head_seq", _BIG, nullable=False),
        sa.Column("head_at", UtcDateTime),
        sa.Column("deleted_at", UtcDateTime),
    )
    sa.Table(
        "members",
        metadata,
        sa.Column("room_id", sa.String(36), sa.ForeignKey("rooms.id"), primary_key=True),
        sa.Column("user_id", sa.String(36), primary_key=True),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("joined_at", UtcDateTime, nullable=False),
        sa.Column("joined_seq", _BIG, nullable=False),
        sa.Index("members_user", "user_id"),
    )
    sa.Table(
        "departures",
        metadata,
        sa.Column("room_id", sa.String(36), primary_key=True),
        sa.Column("user_id", sa.String(36), primary_key=True),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("seq", _BIG, nullable=False),
    )


def _messages(metadata: sa.MetaData) -> None:
    sa.Table(
        "messages",
        metadata,
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("room_id", sa.String(36), sa.ForeignKey("rooms.id"), nullable=False),
        sa.Column("seq", _BIG, nullable=False),
        sa.Column("author_id", sa.String(36), nullable=False),
        sa.Column("client_id", sa.String(128)),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("reply_to", sa.String(36)),
        sa.Column("attachments", sa.Text, nullable=False),
        sa.Column("mentions", sa.Text, nullable=False),
        sa.Column("reviewed", sa.Boolean, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("edited_at", UtcDateTime),
        sa.Column("deleted_at", UtcDateTime),
        sa.Index("messages_room_seq", "room_id", "seq", unique=True),
        sa.Index("messages_once", "author_id", "room_id", "client_id", unique=True),
        sa.Index(
            "messages_unreviewed", "seq", sqlite_where=sa.text("reviewed = 0"), postgresql_where=sa.text("NOT reviewed")
        ),
    )


def downgrade() -> None:
    """Take all of it away again."""
    for table in ("messages", "departures", "members", "rooms", "users", "timeline", "timeline_head"):
        op.drop_table(table)
    for table in ("dead_letter", "inbox"):
        op.drop_table(table)
