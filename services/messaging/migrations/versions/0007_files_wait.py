"""A message that a moderator is to look at is a tombstone, and its files wait with its text."""

import sqlalchemy as sa
from alembic import op

from shared.database import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The release before writes entries without it."""
    op.add_column("timeline", sa.Column("files_wait_until", UtcDateTime))


def downgrade() -> None:
    """As it was."""
    op.drop_column("timeline", "files_wait_until")
