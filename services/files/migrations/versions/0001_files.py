"""Files, our copy of who is in which room, what is to be removed; the kit's tables."""

import sqlalchemy as sa
from alembic import op

from shared.database import UtcDateTime
from shared.inbox import inbox_tables
from shared.outbox import outbox_tables
from shared.web.idempotency import idempotency_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _tables() -> sa.MetaData:
    metadata = sa.MetaData()
    outbox_tables(metadata)
    inbox_tables(metadata)
    idempotency_tables(metadata)
    sa.Table(
        "files",
        metadata,
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("room_id", sa.String(36), nullable=False),
        sa.Column("uploaded_by", sa.String(36), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("content_type", sa.String(100), nullable=False),
        sa.Column("size", _BIG, nullable=False),
        sa.Column("blob", sa.String(32), nullable=False, unique=True),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Index("files_room", "room_id"),
        sa.Index("files_uploader", "uploaded_by"),
    )
    sa.Table(
        "members",
        metadata,
        sa.Column("room_id", sa.String(36), primary_key=True),
        sa.Column("user_id", sa.String(36), primary_key=True),
        sa.Column("role", sa.String(16), nullable=False),
    )
    sa.Table("deleted_rooms", metadata, sa.Column("room_id", sa.String(36), primary_key=True))
    sa.Table("removals", metadata, sa.Column("blob", sa.String(32), primary_key=True))
    return metadata


def upgrade() -> None:
    """Make the tables."""
    _tables().create_all(op.get_bind())


def downgrade() -> None:
    """Take all of it away again."""
    _tables().drop_all(op.get_bind())
