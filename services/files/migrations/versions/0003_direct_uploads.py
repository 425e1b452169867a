"""Uploads that clients bring to the store by themselves."""

import sqlalchemy as sa
from alembic import op

from shared.database import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make their table."""
    op.create_table(
        "direct_uploads",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("room_id", sa.String(36), nullable=False),
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.Column("file_id", sa.String(36)),
        sa.Index("direct_uploads_expiry", "expires_at"),
    )


def downgrade() -> None:
    """Take it away again."""
    op.drop_table("direct_uploads")
