"""Inserts of the rows that every message brings: on SQLite handed to the driver as they are.

SQLAlchemy's way through a row's columns costs more than SQLite's own work on them; its way stays PostgreSQL's, whose
network costs more than either.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table, insert

from shared.clock import rfc3339
from shared.database import UtcDateTime, WriteSession


class Insert:
    """Adds rows, each with every column, to one table."""

    def __init__(self, table: Table) -> None:
        self._statement = insert(table)
        self._columns = [(column.name, isinstance(column.type, UtcDateTime)) for column in table.columns]
        names = [name for name, _ in self._columns]
        places = ", ".join("?" * len(names))
        self._sql = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({places})"  # noqa: S608  # all constant

    def __call__(self, tx: WriteSession, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write the rows, in their order."""
        if tx.dialect != "sqlite":
            tx.execute(self._statement, [dict(row) for row in rows])
            return
        tx.connection.exec_driver_sql(self._sql, [self._values(row) for row in rows])

    def _values(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple(
            rfc3339(row[name]) if is_time and row[name] is not None else row[name] for name, is_time in self._columns
        )
