"""Whom the log has yet to forget."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the table, and put into it who was deleted before there was one."""
    op.create_table(
        "forgetting",
        sa.Column("user_id", sa.String(36), primary_key=True),
        sa.Column("pos", _BIG, nullable=False),
        sa.Column("until", _BIG, nullable=False),
    )
    op.execute(
        "INSERT INTO forgetting (user_id, pos, until) "
        "SELECT users.id, 0, (SELECT max(pos) FROM timeline_head) FROM users WHERE users.deleted"
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_table("forgetting")
