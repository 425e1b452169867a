"""A room's kind is what its settings say: it was noted once, and kept when a room was opened or closed later."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_RIGHT = sa.text("UPDATE rooms SET kind = :kind WHERE kind <> :kind AND state LIKE :told")


def upgrade() -> None:
    """Put it right where it was noted wrong. Settings are compact JSON, so no text in them can look like this."""
    for kind in ("public", "private"):
        op.execute(_RIGHT.bindparams(kind=kind, told=f'%"kind":"{kind}"%'))


def downgrade() -> None:
    """What is right may stay."""
