"""A receipt is for one operation on one message, and not for all that has its client_id."""

import sqlalchemy as sa
from alembic import op

from shared.database import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_OLD_KEY = ["user_id", "client_id"]
_NEW_KEY = [*_OLD_KEY, "message_id", "operation"]
_COPY = """
INSERT INTO receipts_new (user_id, client_id, message_id, seq, at)
SELECT user_id, client_id, message_id, seq, at FROM receipts
"""
# Approved, such an edit would want a receipt that is there already.
_HELD_BESIDE = """
UPDATE held SET client_id = NULL WHERE kind = 'edit' AND (
    EXISTS (SELECT 1 FROM receipts WHERE user_id = held.author_id AND receipts.client_id = held.client_id)
    OR EXISTS (
        SELECT 1 FROM held AS other
        WHERE other.author_id = held.author_id AND other.client_id = held.client_id
        AND other.kind = 'edit' AND other.id <> held.id
    )
)
"""


def upgrade() -> None:
    """The release before writes receipts without an operation."""
    operation = sa.Column("operation", sa.String(80), nullable=False, server_default="")
    if op.get_bind().dialect.name == "sqlite":
        _make_anew(_NEW_KEY, operation)
    else:
        op.add_column("receipts", operation)
        _change_key(_NEW_KEY)


def downgrade() -> None:
    """As it was; of the receipts of one client_id the last one stays."""
    op.execute(_HELD_BESIDE)
    op.execute(
        "DELETE FROM receipts WHERE EXISTS (SELECT 1 FROM receipts AS later "
        "WHERE later.user_id = receipts.user_id AND later.client_id = receipts.client_id "
        "AND (later.at, later.message_id, later.operation) > (receipts.at, receipts.message_id, receipts.operation))"
    )
    if op.get_bind().dialect.name == "sqlite":
        _make_anew(_OLD_KEY)
    else:
        _change_key(_OLD_KEY)
        op.drop_column("receipts", "operation")


def _make_anew(key: list[str], *more: sa.Column[str]) -> None:
    """SQLite changes no key of a table."""
    op.create_table(
        "receipts_new",
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("client_id", sa.String(128), nullable=False),
        sa.Column("message_id", sa.String(36), nullable=False),
        *more,
        sa.Column("seq", _BIG, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint(*key),
    )
    op.execute(_COPY)
    op.drop_table("receipts")
    op.rename_table("receipts_new", "receipts")
    op.create_index("receipts_at", "receipts", ["at"])


def _change_key(key: list[str]) -> None:
    op.drop_constraint("receipts_pkey", "receipts")
    op.create_primary_key("receipts_pkey", "receipts", key)
