"""What a service hears from the others, each event once and in order.

A follower keeps, per producer, the id of the last event applied, in the same transaction as the event's effects. The
next id is applied, a lower one dropped, and a higher one means that some are missing: they are fetched from the
producer's outbox. JetStream is only what wakes the follower; a lost last event is noticed by asking when it is silent.

Handlers are functions of a transaction and an envelope. They may meet an event again after the producer's database was
restored (its epoch changes and everything it still keeps is applied from the start), so they state what is, rather than
add to what was. An event that a handler fails on five times is put into `dead_letter` and the next ones go on.
"""

from shared.inbox.inbox import Inbox
from shared.inbox.tables import inbox_tables

__all__ = ["Inbox", "inbox_tables"]
