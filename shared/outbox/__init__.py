"""A service's events on their way out.

`WriteSession.record` stores an event in the transaction of the change it tells of. The relay publishes the rows to
JetStream in their order and retries for ever; whoever misses one asks for it by `rpc.<service>.outbox`. Nothing depends
on JetStream remembering: when it forgot, it is refilled from the rows, which are kept for a day. `amend` takes out of
them what has to be forgotten, `HandOver` brings them to a service that keeps their order.

Invariants: ids are contiguous per database and epoch; an id that was published is never given to another event, and a
database that went back in time takes a new epoch before it publishes again.
"""

from shared.database.outbox_tables import outbox_tables
from shared.outbox.amend import amend
from shared.outbox.hand_over import HandOver
from shared.outbox.lag import outbox_lag
from shared.outbox.outbox import Outbox

__all__ = ["HandOver", "Outbox", "amend", "outbox_lag", "outbox_tables"]
