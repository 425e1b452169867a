"""Archived rooms, member limits, retention; who has blocked whom; an index that holds all that a list asks for.

The previous release may still be running: it does not know the columns, so they have defaults.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them."""
    op.add_column("rooms", sa.Column("archived", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("rooms", sa.Column("max_members", sa.Integer(), nullable=True))
    op.add_column("rooms", sa.Column("retention_days", sa.Integer(), nullable=True))
    op.create_table(
        "blocks",
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("blocked_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "blocked_id"),
    )
    op.create_index("blocks_blocked", "blocks", ["blocked_id"], unique=False)
    op.create_index("rooms_listed", "rooms", ["kind", "id", "name_key", "expires_at"], unique=False)
    op.drop_index("rooms_kind_id", table_name="rooms")


def downgrade() -> None:
    """Take them away."""
    op.create_index("rooms_kind_id", "rooms", ["kind", "id", "name_key"], unique=False)
    op.drop_index("rooms_listed", table_name="rooms")
    op.drop_index("blocks_blocked", table_name="blocks")
    op.drop_table("blocks")
    with op.batch_alter_table("rooms") as rooms:
        rooms.drop_column("retention_days")
        rooms.drop_column("max_members")
        rooms.drop_column("archived")
