"""What was decided about held texts."""

import sqlalchemy as sa
from alembic import op

from shared.database import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "held_decisions",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("room_id", sa.String(36), nullable=False),
        sa.Column("author_id", sa.String(36), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("by", sa.String(36), nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("decided_at", UtcDateTime, nullable=False),
    )


def downgrade() -> None:
    """Take it away again."""
    op.drop_table("held_decisions")
