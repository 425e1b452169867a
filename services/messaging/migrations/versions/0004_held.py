"""Texts that wait for a moderator, or for the review while moderation is away."""

import sqlalchemy as sa
from alembic import op

from shared.database import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "held",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("room_id", sa.String(36), nullable=False),
        sa.Column("author_id", sa.String(36), nullable=False),
        sa.Column("author_role", sa.String(16), nullable=False),
        sa.Column("client_id", sa.String(128)),
        sa.Column("message_id", sa.String(36)),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("reply_to", sa.String(36)),
        sa.Column("attachments", sa.Text, nullable=False),
        sa.Column("reviewed", sa.Boolean, nullable=False),
        sa.Column("status", sa.String(8), nullable=False),
        sa.Column("reason", sa.String(40)),
        sa.Column("note", sa.Text),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("decided_at", UtcDateTime),
    )
    op.create_index("held_room", "held", ["room_id", "id"])
    op.create_index("held_status", "held", ["status", "id"])
    op.create_index("held_message", "held", ["message_id"])
    op.create_index("held_once", "held", ["author_id", "room_id", "kind", "client_id"], unique=True)


def downgrade() -> None:
    """Take it away again."""
    op.drop_table("held")
