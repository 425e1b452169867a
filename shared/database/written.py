"""A statement written out once, as one database takes it, and handed to its driver as it is.

What SQLAlchemy does anew for each execution of a statement that it knows, and for its result, costs several times what
SQLite does. A statement's text, its types and what an error means are SQLAlchemy's here, too.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CompoundSelect, Connection, Insert, Select, TextClause
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.types import TypeEngine

Convert = Callable[[Any], Any]
Selection = Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Written:
    """The text, and how values become the driver's."""

    sql: str
    constants: Mapping[str, Any]
    places: Sequence[str] | None
    """Which value goes where; None if the text names them."""
    bound: Sequence[tuple[str, Convert]]

    def given(self, params: Mapping[str, Any]) -> Any:
        """These values as the driver takes them."""
        values = {**self.constants, **params}
        for name, convert in self.bound:
            values[name] = convert(values[name])
        return values if self.places is None else [values[name] for name in self.places]

    @contextmanager
    def sent(self, connection: Connection, given: Any) -> Iterator[Any]:
        """The driver's connection; what it raises is raised as from everywhere else."""
        driver: Any = connection.connection.dbapi_connection
        base = connection.dialect.loaded_dbapi.Error
        try:
            yield driver
        except base as error:
            lost = connection.dialect.is_disconnect(error, driver, None)
            raise DBAPIError.instance(self.sql, given, error, base, connection_invalidated=lost) from error


def write(statement: Selection | UpdateBase | TextClause, dialect: Dialect) -> Written:
    """Raises ValueError for a list of values, whose length would be in the text: use `among`."""
    columns = statement.table.columns.keys() if isinstance(statement, Insert) else None
    compiled: Any = statement.compile(dialect=dialect, column_keys=columns)
    if compiled.post_compile_params:
        raise ValueError("a statement that is written once takes no list of values; use `among`")
    names = compiled.bind_names.items()
    converters = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for bind, name in names}
    return Written(
        sql=str(compiled),
        constants=dict(compiled.params),
        places=compiled.positiontup if compiled.positional else None,
        bound=[(name, convert) for name, convert in converters.items() if convert is not None],
    )


def reading(type_: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    """What makes a value of the type of what the driver gives."""
    return type_.dialect_impl(dialect).result_processor(dialect, None)
