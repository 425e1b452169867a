"""The audit log, which the database itself keeps append-only; who is in which room; the kit's outbox and inbox."""

import sqlalchemy as sa
from alembic import op

from shared.database import UtcDateTime
from shared.inbox import inbox_tables
from shared.outbox import outbox_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_REFUSAL = "the audit log is append-only"

_SQLITE = [
    f"CREATE TRIGGER audit_no_{verb} BEFORE {verb} ON audit BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
    for verb in ("update", "delete")
]
_POSTGRESQL = [
    f"""CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$""",
    """CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
        FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()""",
]


def _tables() -> sa.MetaData:
    metadata = sa.MetaData()
    outbox_tables(metadata)
    inbox_tables(metadata)
    sa.Table(
        "audit",
        metadata,
        sa.Column("number", _BIG, primary_key=True, autoincrement=False),
        sa.Column("id", sa.String(36), nullable=False, unique=True),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("actor_id", sa.String(36)),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("target", sa.String(100), nullable=False),
        sa.Column("room_id", sa.String(36)),
        sa.Column("reason", sa.Text),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Index("audit_actor", "actor_id", "number"),
        sa.Index("audit_room", "room_id", "number"),
    )
    sa.Table(
        "members",
        metadata,
        sa.Column("room_id", sa.String(36), primary_key=True),
        sa.Column("user_id", sa.String(36), primary_key=True),
        sa.Column("role", sa.String(16), nullable=False),
    )
    return metadata


def upgrade() -> None:
    """Make the tables, and the triggers that protect the audit log."""
    connection = op.get_bind()
    _tables().create_all(connection)
    for statement in _POSTGRESQL if connection.dialect.name == "postgresql" else _SQLITE:
        op.execute(statement)


def downgrade() -> None:
    """Take all of it away again."""
    connection = op.get_bind()
    _tables().drop_all(connection)
    if connection.dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_refuse()")
