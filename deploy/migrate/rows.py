"""Copies the tables of one service, row by row in batches, and compares both sides afterwards."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import Connection, MetaData, Row, Table, func, insert, inspect, select, text

from deploy.places import Refused

_BATCH = 1_000
# SQLite's search index has its like in PostgreSQL as an index of `messages`, which fills itself.
_SEARCH = "message_search"
_KEPT_BY_ALEMBIC = "alembic_version"


@dataclass(frozen=True)
class Total:
    """How many rows, and a checksum of their values that doesn't depend on their order."""

    rows: int
    checksum: int


def unknown_tables(source: Connection, metadata: MetaData) -> set[str]:
    """Tables that the service's models don't have: copying without them would lose them."""
    present = {name for name in inspect(source).get_table_names() if not name.startswith(_SEARCH)}
    return present - metadata.tables.keys() - {_KEPT_BY_ALEMBIC}


def copy(source: Connection, target: Connection, table: Table) -> int:
    """All rows of one table; how many. What a migration has put into the new table gives way to what was there."""
    if target.execute(select(func.count()).select_from(table)).scalar_one():
        target.execute(table.delete())
    count = 0
    for rows in _batches(source, table):
        target.execute(insert(table), [dict(row._mapping) for row in rows])
        count += len(rows)
    _go_on_numbering(target, table)
    return count


def total(connection: Connection, table: Table) -> Total:
    """Of all rows as the types of the models give them, which is the same on both databases."""
    rows = sum_ = 0
    for batch in _batches(connection, table):
        rows += len(batch)
        sum_ = (sum_ + sum(map(_digest, batch))) % 2**128
    return Total(rows, sum_)


def require_equal(source: Connection, target: Connection, table: Table) -> Total:
    """The total of both; Refused when they differ."""
    here, there = total(source, table), total(target, table)
    if here != there:
        how = f"{here.rows} rows here, {there.rows} there" if here.rows != there.rows else "their contents differ"
        raise Refused(f"The copy of table {table.name} is not what was copied: {how}.")
    return here


def _batches(connection: Connection, table: Table) -> Iterator[Sequence[Row[Any]]]:
    found = iter(connection.execution_options(yield_per=_BATCH).execute(select(table)))
    while batch := list(islice(found, _BATCH)):
        yield batch


def _digest(row: Row[Any]) -> int:
    values = [bytes(value) if isinstance(value, memoryview) else value for value in row]
    return int.from_bytes(
        hashlib.blake2b(repr(values).encode("utf-8", "surrogatepass"), digest_size=16).digest(), "big"
    )


def _go_on_numbering(target: Connection, table: Table) -> None:
    """A column that numbers itself goes on after the highest number that was copied."""
    for column in table.primary_key:
        named = {"table": f'"{table.name}"', "column": column.name}
        sequence = target.execute(text("SELECT pg_get_serial_sequence(:table, :column)"), named).scalar_one()
        if sequence is None:
            continue
        highest = target.execute(select(func.max(column))).scalar_one()
        if highest is not None:
            target.execute(select(func.setval(sequence, highest)))
