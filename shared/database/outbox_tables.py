"""The tables of a service that publishes events."""

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, String, Table, Text

from shared.database.columns import UtcDateTime

_metadata = MetaData()
_BIG = BigInteger().with_variant(Integer(), "sqlite")

# What happened, in order, kept a day and more after it was published.
outbox = Table(
    "outbox",
    _metadata,
    Column("id", _BIG, primary_key=True, autoincrement=False),
    Column("subject", String(255), nullable=False),
    Column("envelope", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index("outbox_created_at", "created_at"),
)

# One row: the last id given, this database's epoch, and how far the broker has confirmed.
outbox_head = Table(
    "outbox_head",
    _metadata,
    Column("only", Integer, primary_key=True, autoincrement=False),
    Column("last_id", _BIG, nullable=False),
    Column("epoch", String(36), nullable=False),
    Column("published_id", _BIG, nullable=False),
    Column("stream_seq", _BIG, nullable=False),
)


def outbox_tables(metadata: MetaData) -> None:
    """Add the outbox to a service's tables."""
    for table in (outbox, outbox_head):
        table.to_metadata(metadata)
