"""`among`: rows whose columns are one of many tuples, found by index on both databases."""

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import ColumnElement, String, Text, bindparam, literal_column, select, tuple_
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator


def among(parameter: str, *columns: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether the row's columns, all of them text, are one of the tuples handed in as `parameter`.

    SQLite reads the whole table for `(a, b) IN ((?, ?), (?, ?))`, which is what `tuple_(...).in_(...)` says; with a
    subquery it looks each tuple up. The text of the statement is the same for any number of tuples.
    """
    given = _Elements(bindparam(parameter, type_=_Tuples)).table_valued("value")
    fields = [_Field(given.c.value, literal_column(str(number))) for number in range(len(columns))]
    return tuple_(*columns).in_(select(*fields))


class _Tuples(TypeDecorator[Sequence[tuple[str, ...]]]):
    """Handed to the database as one JSON text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Sequence[tuple[str, ...]] | None, dialect: Dialect) -> str:
        """An array of arrays."""
        return orjson.dumps(value).decode()


class _Elements(FunctionElement[Any]):
    name = "elements"
    inherit_cache = True


class _Field(FunctionElement[str]):
    name = "field"
    type = String()
    inherit_cache = True


@compiles(_Elements, "sqlite")
def _json_each(element: _Elements, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(_Elements, "postgresql")
def _json_array_elements(element: _Elements, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_array_elements(CAST({compiler.process(element.clauses, **options)} AS json))"


@compiles(_Field, "sqlite")
def _json_extract(element: _Field, compiler: SQLCompiler, **options: Any) -> str:
    value, number = (compiler.process(clause, **options) for clause in element.clauses)
    return f"json_extract({value}, '$[{number}]')"


@compiles(_Field, "postgresql")
def _json_text(element: _Field, compiler: SQLCompiler, **options: Any) -> str:
    value, number = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({value} ->> {number})"
