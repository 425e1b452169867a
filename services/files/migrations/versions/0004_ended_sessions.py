"""Sessions that ended before their time: links that were made for them end too."""

import sqlalchemy as sa
from alembic import op

from shared.database import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make their table."""
    op.create_table(
        "ended_sessions",
        sa.Column("session_id", sa.String(36), primary_key=True),
        sa.Column("at", UtcDateTime, nullable=False),
    )


def downgrade() -> None:
    """Take it away again."""
    op.drop_table("ended_sessions")
