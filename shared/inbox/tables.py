"""The tables of a service that follows others."""

from sqlalchemy import BigInteger, Column, Integer, MetaData, String, Table, Text

from shared.database import UtcDateTime

_metadata = MetaData()
_BIG = BigInteger().with_variant(Integer(), "sqlite")

# Up to where each producer was followed.
inbox = Table(
    "inbox",
    _metadata,
    Column("producer", String(32), primary_key=True),
    Column("epoch", String(36), nullable=False),
    Column("last_id", _BIG, nullable=False),
)

# What could not be applied, for a person to look at.
dead_letter = Table(
    "dead_letter",
    _metadata,
    Column("id", _BIG, primary_key=True, autoincrement=True),
    Column("producer", String(32), nullable=False),
    Column("event_id", _BIG, nullable=False),
    Column("envelope", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)


def inbox_tables(metadata: MetaData) -> None:
    """Add the inbox to a service's tables."""
    for table in (inbox, dead_letter):
        table.to_metadata(metadata)
