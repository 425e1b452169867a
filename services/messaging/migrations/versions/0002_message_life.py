"""What happens to messages after they were sent: edits, reactions, pins, mentions, reading, search, schedules; who may
not write, and who blocks whom."""

import sqlalchemy as sa
from alembic import op

from shared.database import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TABLES = (
    "reactions",
    "revisions",
    "mentions",
    "message_files",
    "read_markers",
    "slow_mode",
    "restrictions",
    "blocks",
    "schedules",
    "receipts",
)
# What PostgreSQL's parser would take for one token (hosts, paths, addresses) is split into its words first.
_WORDS = "to_tsvector('simple', translate(content, '.,:;/\\@#-_+=*&%$!?\"''<>()[]{}|~^`', repeat(' ', 40)))"


def upgrade() -> None:
    """Add columns and tables, and index what is already there."""
    _extend_messages()
    op.add_column("users", sa.Column("username_key", sa.String(64), nullable=False, server_default=""))
    op.execute("UPDATE users SET username_key = lower(username)")
    op.create_index("users_username_key", "users", ["username_key"])
    metadata = sa.MetaData()
    _add_tables_of_messages(metadata)
    _add_tables_of_people(metadata)
    _add_schedules(metadata)
    metadata.create_all(op.get_bind())
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE message_search "
            "USING fts5(room, body, content='', tokenize='unicode61 remove_diacritics 2')"
        )
        op.execute(
            "INSERT INTO message_search (rowid, room, body) SELECT pos, replace(room_id, '-', ''), content "
            "FROM messages WHERE pos IS NOT NULL AND deleted_at IS NULL"
        )
    else:
        op.execute(f"CREATE INDEX messages_search ON messages USING gin ({_WORDS}) WHERE deleted_at IS NULL")


def _extend_messages() -> None:
    """The position of its creation is the message's key in SQLite's search index."""
    no = sa.false()
    op.add_column("messages", sa.Column("pos", _BIG))
    op.add_column("messages", sa.Column("thread_id", sa.String(36)))
    op.add_column("messages", sa.Column("mentions_room", sa.Boolean, nullable=False, server_default=no))
    op.add_column("messages", sa.Column("reacted", sa.Boolean, nullable=False, server_default=no))
    op.add_column("messages", sa.Column("pinned_at", UtcDateTime))
    op.add_column("messages", sa.Column("pinned_by", sa.String(36)))
    op.execute(
        "UPDATE messages SET thread_id = reply_to, pos = (SELECT timeline.pos FROM timeline "
        "WHERE timeline.room_id = messages.room_id AND timeline.seq = messages.seq)"
    )
    op.create_index("messages_pos", "messages", ["pos"])
    op.create_index("messages_thread", "messages", ["thread_id", "seq"])
    where = sa.text("pinned_at IS NOT NULL")
    op.create_index("messages_pinned", "messages", ["room_id"], sqlite_where=where, postgresql_where=where)


def _add_tables_of_messages(metadata: sa.MetaData) -> None:
    sa.Table(
        "reactions",
        metadata,
        sa.Column("message_id", sa.String(36), primary_key=True),
        sa.Column("user_id", sa.String(36), primary_key=True),
        sa.Column("emoji", sa.String(64), primary_key=True),
        sa.Column("seq", _BIG, nullable=False),
    )
    sa.Table(
        "revisions",
        metadata,
        sa.Column("message_id", sa.String(36), primary_key=True),
        sa.Column("seq", _BIG, primary_key=True, autoincrement=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("written_at", UtcDateTime, nullable=False),
        sa.Column("replaced_at", UtcDateTime, nullable=False),
    )
    sa.Table(
        "mentions",
        metadata,
        sa.Column("message_id", sa.String(36), primary_key=True),
        sa.Column("user_id", sa.String(36), primary_key=True),
        sa.Column("room_id", sa.String(36), nullable=False),
        sa.Column("seq", _BIG, nullable=False),
        sa.Index("mentions_of", "room_id", "user_id", "seq"),
    )
    sa.Table(
        "message_files",
        metadata,
        sa.Column("file_id", sa.String(36), primary_key=True),
        sa.Column("message_id", sa.String(36), primary_key=True),
        sa.Index("message_files_message", "message_id"),
    )


def _add_tables_of_people(metadata: sa.MetaData) -> None:
    sa.Table(
        "read_markers",
        metadata,
        sa.Column("room_id", sa.String(36), primary_key=True),
        sa.Column("user_id", sa.String(36), primary_key=True),
        sa.Column("seq", _BIG, nullable=False),
    )
    sa.Table(
        "slow_mode",
        metadata,
        sa.Column("room_id", sa.String(36), primary_key=True),
        sa.Column("user_id", sa.String(36), primary_key=True),
        sa.Column("at", UtcDateTime, nullable=False),
    )
    sa.Table(
        "restrictions",
        metadata,
        sa.Column("user_id", sa.String(36), primary_key=True),
        sa.Column("room_id", sa.String(36), primary_key=True),
        sa.Column("kind", sa.String(8), primary_key=True),
        sa.Column("expires_at", UtcDateTime),
    )
    sa.Table(
        "blocks",
        metadata,
        sa.Column("user_id", sa.String(36), primary_key=True),
        sa.Column("blocked_id", sa.String(36), primary_key=True),
        sa.Index("blocks_blocked", "blocked_id"),
    )


def _add_schedules(metadata: sa.MetaData) -> None:
    sa.Table(
        "schedules",
        metadata,
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("room_id", sa.String(36), nullable=False),
        sa.Column("author_id", sa.String(36), nullable=False),
        sa.Column("client_id", sa.String(128)),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("reply_to", sa.String(36)),
        sa.Column("attachments", sa.Text, nullable=False),
        sa.Column("send_at", UtcDateTime, nullable=False),
        sa.Column("due_at", UtcDateTime),
        sa.Column("error", sa.String(32)),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Index("schedules_due", "due_at"),
        sa.Index("schedules_once", "author_id", "room_id", "client_id", unique=True),
    )
    sa.Table(
        "receipts",
        metadata,
        sa.Column("user_id", sa.String(36), primary_key=True),
        sa.Column("client_id", sa.String(128), primary_key=True),
        sa.Column("message_id", sa.String(36), nullable=False),
        sa.Column("seq", _BIG, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Index("receipts_at", "at"),
    )


def downgrade() -> None:
    """Take it away again."""
    if op.get_bind().dialect.name == "sqlite":
        op.drop_table("message_search")
    else:
        op.drop_index("messages_search", "messages")
    for table in _TABLES:
        op.drop_table(table)
    op.drop_index("users_username_key", "users")
    op.drop_column("users", "username_key")
    for index in ("messages_pos", "messages_thread", "messages_pinned"):
        op.drop_index(index, "messages")
    for column in ("pos", "thread_id", "mentions_room", "reacted", "pinned_at", "pinned_by"):
        op.drop_column("messages", column)
