"""A deletion tells which files the message had: the entry that showed them says nothing of them any more."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The release before writes entries without it."""
    op.add_column("timeline", sa.Column("file_ids", sa.Text))


def downgrade() -> None:
    """As it was."""
    op.drop_column("timeline", "file_ids")
