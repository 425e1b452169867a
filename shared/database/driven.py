"""Statements of a path so hot that SQLAlchemy's way to them costs several times what SQLite's own work does.

They are written as all others are. On SQLite each is compiled once, and then goes straight to the driver; PostgreSQL's
network costs more than either way.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import BindParameter, CompoundSelect, Insert, Select, TextClause
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.types import TypeEngine

from shared.database.sessions import ReadSession, WriteSession

_Convert = Callable[[Any], Any] | None
_Params = Mapping[str, Any]
_Select = Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]
_DIALECT = sqlite.dialect()


class _Compiled:
    """The text, and how parameters become the driver's."""

    def __init__(self, statement: _Select | UpdateBase | TextClause) -> None:
        columns = statement.table.columns.keys() if isinstance(statement, Insert) else None
        compiled = statement.compile(dialect=_DIALECT, column_keys=columns)
        assert isinstance(compiled, SQLCompiler)
        if compiled.post_compile_params or compiled.positiontup is None:
            raise ValueError("a list in IN has no one text: use `among`")
        self.text = str(compiled)
        binds = [compiled.binds[name] for name in compiled.positiontup]
        self._given = [(bind.key, _constant(bind), bind.required, _to_driver(bind.type)) for bind in binds]

    def values(self, params: _Params) -> tuple[Any, ...]:
        """These parameters as the driver takes them, in the order of the text."""
        return tuple(
            constant if not is_given else params[name] if convert is None else convert(params[name])
            for name, constant, is_given, convert in self._given
        )


class Query:
    """A SELECT."""

    def __init__(self, statement: _Select) -> None:
        self._statement = statement
        self._compiled = _Compiled(statement)
        columns = enumerate(statement.selected_columns)
        self._converted = [(n, convert) for n, column in columns if (convert := _from_driver(column.type))]

    def rows(self, tx: ReadSession, params: _Params) -> Sequence[Sequence[Any]]:
        """What it finds, each row's columns in their order."""
        if tx.dialect != "sqlite":
            return tx.execute(self._statement, params).all()
        values = self._compiled.values(params)
        with _reported(self._compiled.text, values):
            found: list[tuple[Any, ...]] = tx.driver.execute(self._compiled.text, values).fetchall()
        return [self._row(row) for row in found] if self._converted else found

    def _row(self, row: tuple[Any, ...]) -> list[Any]:
        read = list(row)
        for number, convert in self._converted:
            read[number] = convert(row[number])
        return read


class Change:
    """An INSERT with every column of its table, an UPDATE or a DELETE."""

    def __init__(self, statement: UpdateBase | TextClause) -> None:
        self._statement = statement
        self._compiled = _Compiled(statement)

    def make(self, tx: WriteSession, each: Sequence[_Params]) -> None:
        """Change what it says, once for each of these parameters, in their order."""
        if tx.dialect != "sqlite":
            tx.execute(self._statement, each)
            return
        values = [self._compiled.values(params) for params in each]
        with _reported(self._compiled.text, values):
            tx.driver.executemany(self._compiled.text, values)


@contextmanager
def _reported(text: str, values: Any) -> Iterator[None]:
    """What the driver raises is raised as from everywhere else."""
    try:
        yield
    except sqlite3.Error as error:
        raise DBAPIError.instance(text, values, error, sqlite3.Error, dialect=_DIALECT) from error


def _constant(bind: BindParameter[Any]) -> Any:
    convert = _to_driver(bind.type)
    return bind.value if convert is None or bind.required else convert(bind.value)


def _to_driver(type_: TypeEngine[Any]) -> _Convert:
    return type_.dialect_impl(_DIALECT).bind_processor(_DIALECT)


def _from_driver(type_: TypeEngine[Any]) -> _Convert:
    return type_.dialect_impl(_DIALECT).result_processor(_DIALECT, None)
