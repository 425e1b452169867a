"""Queries that are asked all the time: written out once, given to the driver as they are, answered as plain tuples.

What SQLAlchemy does anew for each execution of a statement that it knows, and for its result, costs several times what
SQLite does. A query's text, its types and what an error means are SQLAlchemy's here, too.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError

_Row = tuple[Any, ...]
_Convert = Callable[[Any], Any]


class Query:
    """A SELECT with named parameters, for `ReadSession.rows`."""

    def __init__(self, statement: Select[Any]) -> None:
        self._statement = statement
        self._written: dict[str, _Written] = {}

    def rows(self, connection: Connection, params: Mapping[str, Any]) -> list[_Row]:
        """All of them, in a transaction that has begun."""
        dialect = connection.dialect
        written = self._written.get(dialect.name)
        if written is None:
            written = self._written[dialect.name] = _write(self._statement, dialect)
        return written.rows(connection, params)


@dataclass(frozen=True, slots=True)
class _Written:
    """The statement as one database takes it."""

    sql: str
    constants: Mapping[str, Any]
    places: Sequence[str] | None
    """Which value goes where; None if the text names them."""
    bound: Mapping[str, _Convert]
    read: Sequence[tuple[int, _Convert]]

    def rows(self, connection: Connection, params: Mapping[str, Any]) -> list[_Row]:
        values = {**self.constants, **params}
        for name, convert in self.bound.items():
            values[name] = convert(values[name])
        given = values if self.places is None else [values[name] for name in self.places]
        rows = self._fetched(connection, given)
        return [self._converted(row) for row in rows] if self.read else rows

    def _fetched(self, connection: Connection, given: Any) -> list[_Row]:
        driver: Any = connection.connection.dbapi_connection
        try:
            found: list[_Row] = driver.execute(self.sql, given).fetchall()
        except connection.dialect.loaded_dbapi.Error as error:
            lost = connection.dialect.is_disconnect(error, driver, None)
            base = connection.dialect.loaded_dbapi.Error
            raise DBAPIError.instance(self.sql, given, error, base, connection_invalidated=lost) from error
        return found

    def _converted(self, row: _Row) -> _Row:
        values = list(row)
        for at, convert in self.read:
            values[at] = convert(values[at])
        return tuple(values)


def _write(statement: Select[Any], dialect: Dialect) -> _Written:
    compiled: Any = statement.compile(dialect=dialect)
    if compiled.post_compile_params:
        raise ValueError("a query has the same text for all values; give it no list")
    bound = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in compiled.binds.items()}
    types = [column.type.dialect_impl(dialect) for column in statement.selected_columns]
    read = [(at, kind.result_processor(dialect, None)) for at, kind in enumerate(types)]
    return _Written(
        sql=str(compiled),
        constants=dict(compiled.params),
        places=compiled.positiontup if compiled.positional else None,
        bound={name: convert for name, convert in bound.items() if convert is not None},
        read=[(at, convert) for at, convert in read if convert is not None],
    )
