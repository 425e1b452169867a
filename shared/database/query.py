"""Queries that are asked all the time: given to the driver as they are, answered as plain tuples."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.engine import Dialect

from shared.database.written import Convert, Selection, Written, reading, write

_Row = tuple[Any, ...]


class Query:
    """A SELECT with named parameters, for `ReadSession.rows`."""

    def __init__(self, statement: Selection) -> None:
        self._statement = statement
        self._prepared: dict[str, _Prepared] = {}

    def rows(self, connection: Connection, params: Mapping[str, Any]) -> list[_Row]:
        """All of them, in a transaction that has begun."""
        dialect = connection.dialect
        prepared = self._prepared.get(dialect.name)
        if prepared is None:
            prepared = self._prepared[dialect.name] = _prepare(self._statement, dialect)
        return prepared.rows(connection, params)


@dataclass(frozen=True, slots=True)
class _Prepared:
    written: Written
    read: Sequence[tuple[int, Convert]]

    def rows(self, connection: Connection, params: Mapping[str, Any]) -> list[_Row]:
        given = self.written.given(params)
        with self.written.sent(connection, given) as driver:
            rows: list[_Row] = driver.execute(self.written.sql, given).fetchall()
        return [self._converted(row) for row in rows] if self.read else rows

    def _converted(self, row: _Row) -> _Row:
        values = list(row)
        for at, convert in self.read:
            values[at] = convert(values[at])
        return tuple(values)


def _prepare(statement: Selection, dialect: Dialect) -> _Prepared:
    columns = enumerate(statement.selected_columns)
    read = [(at, convert) for at, column in columns if (convert := reading(column.type, dialect)) is not None]
    return _Prepared(write(statement, dialect), read)
