"""Note an act of moderation in the audit log, for good."""

from dataclasses import asdict

from services.moderation import queries, store
from services.moderation.audit import Act, entry_hash
from shared.database import WriteSession
from shared.ids import new_id


def note(tx: WriteSession, act: Act) -> None:
    """Append the act. Writes follow each other in this database, so the entry before it is the last one."""
    last, previous = queries.audit_head(tx)
    number, entry_id = last + 1, new_id()
    row = {**asdict(act), "number": number, "id": entry_id, "hash": entry_hash(previous, number, entry_id, act)}
    store.add_audit(tx, row)
