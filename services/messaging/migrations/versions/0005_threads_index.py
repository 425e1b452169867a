"""Most messages are in no thread: an index that leaves them out spares each of them a page."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The release before does not name the index either."""
    replied = sa.text("thread_id IS NOT NULL")
    op.create_index(
        "messages_in_thread", "messages", ["thread_id", "seq"], sqlite_where=replied, postgresql_where=replied
    )
    op.drop_index("messages_thread", "messages")


def downgrade() -> None:
    """As it was."""
    op.create_index("messages_thread", "messages", ["thread_id", "seq"])
    op.drop_index("messages_in_thread", "messages")
