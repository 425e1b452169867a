"""What a use case is handed: a view that can't write, or a transaction that can."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVarTuple, overload

from sqlalchemy import CompoundSelect, Connection, CursorResult, Executable, Select, TextClause
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.selectable import TextualSelect, TypedReturnsRows

from shared.clock import utc_now
from shared.database import recording
from shared.database.change import Change
from shared.database.query import Query
from shared.events import Envelope, Event

_Ts = TypeVarTuple("_Ts")
_Params = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None
_AnyRow = tuple[Any, ...]


class ReadSession:
    """One consistent view of the database. The database itself refuses writes in it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.dialect = connection.dialect.name
        self.now = utc_now()

    @overload
    def execute(self, statement: Select[*_Ts] | CompoundSelect[*_Ts], params: _Params = None) -> CursorResult[*_Ts]: ...

    @overload
    def execute(self, statement: TextClause | TextualSelect, params: _Params = None) -> CursorResult[*_AnyRow]: ...

    def execute(self, statement: Executable, params: _Params = None) -> CursorResult[*_AnyRow]:
        """Run a query."""
        if isinstance(statement, UpdateBase):
            raise TypeError("a read session does not write")
        return self._connection.execute(statement, params)

    def rows(self, query: Query, /, **params: Any) -> list[_AnyRow]:
        """All rows of a prepared query."""
        return query.rows(self._connection, params)


class WriteSession(ReadSession):
    """One transaction. It is committed by `Database.write`, never by the code that uses it."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.recorded: list[Envelope] = []
        self.followers: list[Callable[[], None]] = []

    @property
    def connection(self) -> Connection:
        """For hand-tuned batches; neither commit nor roll back on it."""
        return self._connection

    @overload
    def execute(self, statement: TypedReturnsRows[*_Ts], params: _Params = None) -> CursorResult[*_Ts]: ...

    @overload
    def execute(self, statement: Executable, params: _Params = None) -> CursorResult[*_AnyRow]: ...

    def execute(self, statement: Executable, params: _Params = None) -> CursorResult[*_AnyRow]:
        """Run any statement."""
        return self._connection.execute(statement, params)

    def change(self, change: Change, *each: Mapping[str, Any]) -> None:
        """Make a prepared change, once for each of these parameters."""
        change.make(self._connection, each)

    def record(self, event: Event) -> int:
        """Add an event to the outbox, in this transaction; its id, contiguous per service."""
        envelope = recording.append(self._connection, event, self.now)
        self.recorded.append(envelope)
        return envelope.id

    def after_commit(self, follower: Callable[[], None]) -> None:
        """Call this in the loop's thread once the transaction is committed, and not if it isn't."""
        self.followers.append(follower)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A part that may fail alone: its statements and events are undone, the transaction goes on."""
        recorded, followers = len(self.recorded), len(self.followers)
        try:
            with self._connection.begin_nested():
                yield
        except BaseException:
            del self.recorded[recorded:]
            del self.followers[followers:]
            raise
