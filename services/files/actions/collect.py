"""Delete files that no message has taken up, a few at a time."""

from datetime import timedelta

from services.files import queries
from services.files.actions.drop import drop
from shared.database import WriteSession

BATCH = 100


def collect(tx: WriteSession, grace: timedelta) -> bool:
    """Whether that was all: files that have waited for a message longer than `grace` are gone."""
    ids = queries.unused_since(tx, tx.now - grace, BATCH)
    for file_id in ids:
        drop(tx, file_id)
    return len(ids) < BATCH
