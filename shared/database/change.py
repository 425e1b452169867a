"""Changes that are made all the time: on SQLite given to the driver as they are.

PostgreSQL gets them by SQLAlchemy's way: its network costs more than either.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, TextClause
from sqlalchemy.sql.dml import UpdateBase

from shared.database.written import Written, write


class Change:
    """An INSERT with every column of its table, an UPDATE or a DELETE, for `WriteSession.change`."""

    def __init__(self, statement: UpdateBase | TextClause) -> None:
        self._statement = statement
        self._written: Written | None = None

    def make(self, connection: Connection, each: Sequence[Mapping[str, Any]]) -> None:
        """Once for each of these parameters, in their order."""
        if connection.dialect.name != "sqlite":
            connection.execute(self._statement, each)
            return
        written = self._written
        if written is None:
            written = self._written = write(self._statement, connection.dialect)
        given = [written.given(params) for params in each]
        with written.sent(connection, given) as driver:
            driver.executemany(written.sql, given)
