"""Pictures and their thumbnails, avatars, and which message has which file."""

import sqlalchemy as sa
from alembic import op

from shared.database import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _columns() -> list[sa.Column[object]]:
    return [
        sa.Column("width", sa.Integer),
        sa.Column("height", sa.Integer),
        sa.Column("blurhash", sa.String(64)),
        sa.Column("thumbnail", sa.String(32)),
        sa.Column("thumbnail_size", _BIG),
        sa.Column("unused_since", UtcDateTime),
    ]


def upgrade() -> None:
    """Add to what is there; the release before goes on without noticing."""
    for column in _columns():
        op.add_column("files", column)
    op.create_index("files_unused", "files", ["unused_since"])
    op.create_table(
        "avatars",
        sa.Column("user_id", sa.String(36), primary_key=True),
        sa.Column("blob", sa.String(32), nullable=False),
        sa.Column("hash", sa.String(32), nullable=False),
        sa.Column("size", _BIG, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
    )
    op.create_table(
        "attachments",
        sa.Column("message_id", sa.String(36), primary_key=True),
        sa.Column("file_id", sa.String(36), primary_key=True),
        sa.Index("attachments_file", "file_id"),
    )
    op.create_table("deleted_users", sa.Column("user_id", sa.String(36), primary_key=True))


def downgrade() -> None:
    """Take it away again."""
    for table in ("deleted_users", "attachments", "avatars"):
        op.drop_table(table)
    op.drop_index("files_unused", "files")
    for column in _columns():
        op.drop_column("files", column.name)
