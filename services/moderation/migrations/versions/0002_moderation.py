"""Restrictions, reports in cases with notes, words, rules, copies of rooms and people, and where the audit log ends."""

import sqlalchemy as sa
from alembic import op

from shared.database import UtcDateTime
from shared.web.idempotency import idempotency_tables

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ID = sa.String(36)
_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _tables() -> sa.MetaData:
    metadata = sa.MetaData()
    idempotency_tables(metadata)
    sa.Table(
        "audit_head",
        metadata,
        sa.Column("only", sa.Integer, primary_key=True),
        sa.Column("number", _BIG, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    sa.Table(
        "rooms",
        metadata,
        sa.Column("id", _ID, primary_key=True),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("profanity", sa.String(8), nullable=False),
    )
    sa.Table(
        "users",
        metadata,
        sa.Column("id", _ID, primary_key=True),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("deleted", sa.Boolean, nullable=False),
    )
    sa.Table(
        "restrictions",
        metadata,
        sa.Column("scope", _ID, primary_key=True),
        sa.Column("user_id", _ID, primary_key=True),
        sa.Column("kind", sa.String(8), primary_key=True),
        sa.Column("reason", sa.Text),
        sa.Column("by", _ID),
        sa.Column("expires_at", UtcDateTime),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Index("restrictions_expires_at", "expires_at"),
        sa.Index("restrictions_user", "user_id"),
    )
    sa.Table(
        "cases",
        metadata,
        sa.Column("id", _ID, primary_key=True),
        sa.Column("message_id", _ID, nullable=False),
        sa.Column("room_id", _ID, nullable=False),
        sa.Column("author_id", _ID, nullable=False),
        sa.Column("evidence", sa.Text, nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("action", sa.String(16)),
        sa.Column("reports", sa.Integer, nullable=False),
        sa.Column("assigned_to", _ID),
        sa.Column("resolved_by", _ID),
        sa.Column("resolved_at", UtcDateTime),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Index("cases_message", "message_id", "status"),
        sa.Index("cases_status", "status", "id"),
    )
    sa.Table(
        "reports",
        metadata,
        sa.Column("id", _ID, primary_key=True),
        sa.Column("case_id", _ID, nullable=False),
        sa.Column("message_id", _ID, nullable=False),
        sa.Column("room_id", _ID, nullable=False),
        sa.Column("reporter_id", _ID, nullable=False),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.UniqueConstraint("message_id", "reporter_id"),
        sa.Index("reports_case", "case_id", "id"),
        sa.Index("reports_reporter", "reporter_id"),
    )
    sa.Table(
        "notes",
        metadata,
        sa.Column("id", _ID, primary_key=True),
        sa.Column("case_id", _ID, nullable=False),
        sa.Column("by", _ID, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Index("notes_case", "case_id", "id"),
    )
    sa.Table(
        "words",
        metadata,
        sa.Column("scope", _ID, primary_key=True),
        sa.Column("list", sa.String(8), primary_key=True),
        sa.Column("word", sa.String(100), primary_key=True),
    )
    sa.Table(
        "rules",
        metadata,
        sa.Column("room_id", _ID, primary_key=True),
        sa.Column("rules", sa.Text, nullable=False),
    )
    sa.Table(
        "revisions",
        metadata,
        sa.Column("scope", _ID, primary_key=True),
        sa.Column("revision", _BIG, nullable=False),
        sa.Index("revisions_revision", "revision"),
    )
    return metadata


def upgrade() -> None:
    """Make the tables, and note where the audit log ends by now."""
    _tables().create_all(op.get_bind())
    op.execute(
        'INSERT INTO audit_head ("only", number, hash) SELECT 1, number, hash FROM audit ORDER BY number DESC LIMIT 1'
    )


def downgrade() -> None:
    """Take them away again."""
    _tables().drop_all(op.get_bind())
