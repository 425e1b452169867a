"""Note an act of moderation in the audit log, for good."""

from dataclasses import asdict

from services.moderation.audit import Act, entry_hash
from services.moderation.store import audit
from shared.database import WriteSession
from shared.ids import new_id


def note(tx: WriteSession, act: Act) -> None:
    """Append the act. Writes follow each other in this database, so the entry before it is the last one."""
    last, previous = audit.head(tx)
    number, entry_id = last + 1, new_id()
    row = {**asdict(act), "number": number, "id": entry_id, "hash": entry_hash(previous, number, entry_id, act)}
    audit.append(tx, row)
