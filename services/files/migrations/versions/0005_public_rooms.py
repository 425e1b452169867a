"""Rooms that everybody may see: who is not in one is told so, and not that there is none."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make their table."""
    op.create_table("public_rooms", sa.Column("room_id", sa.String(36), primary_key=True))


def downgrade() -> None:
    """Take it away again."""
    op.drop_table("public_rooms")
