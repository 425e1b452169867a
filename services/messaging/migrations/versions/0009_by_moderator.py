"""A deletion tells whether it was a moderator's own act: what clients see of it says who did it, not by which right."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The release before writes entries without it."""
    op.add_column("timeline", sa.Column("by_moderator", sa.Boolean, nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """As it was."""
    op.drop_column("timeline", "by_moderator")
