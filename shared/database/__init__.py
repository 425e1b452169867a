"""SQL in threads: one writer, a few readers, and transactions that nobody awaits inside.

A use case is a plain function that takes a session: `await db.write(send, draft)` runs `send(tx, draft)` in the
writer's thread, inside one transaction that is committed when the function returns and rolled back when it raises.
Writes follow each other, on PostgreSQL as well as on SQLite and over all replicas: what a transaction has checked stays
true until it commits. A transaction may be run again after a deadlock or a lost connection, so it has no other effects
than its statements; what must follow the commit goes into `WriteSession.after_commit`. What is read all the time is a
`Query`, for `tx.rows`, what is written all the time a `Change`, for `tx.change`; anything else goes by `tx.execute`.

The database being away, locked or full is `problems.Unavailable`; work goes on when it is back.
"""

from shared.database.among import among
from shared.database.change import Change
from shared.database.columns import UtcDateTime, WrittenTime
from shared.database.database import Database
from shared.database.locks import Lock
from shared.database.query import Query
from shared.database.sessions import ReadSession, WriteSession

__all__ = ["Change", "Database", "Lock", "Query", "ReadSession", "UtcDateTime", "WriteSession", "WrittenTime", "among"]
