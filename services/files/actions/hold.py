"""Keep files for a message that is to come later than files would wait for one."""

from collections.abc import Collection
from datetime import datetime

from services.files import store
from shared.database import WriteSession


def hold(tx: WriteSession, file_ids: Collection[str], until: datetime) -> None:
    """Let these wait from then on, and not from when they were uploaded. Files that a message has are not waiting."""
    store.wait_from(tx, file_ids, until)
