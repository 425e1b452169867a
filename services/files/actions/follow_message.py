"""Keep account of which message has which file, as the timeline tells it. A file that loses its last one is gone."""

from collections.abc import Collection
from datetime import datetime

from services.files import queries, store
from services.files.actions.drop import drop
from shared.database import WriteSession


def message_has(tx: WriteSession, message_id: str, room_id: str, file_ids: Collection[str]) -> None:
    """The message has just these files. Those of another room are none of its business."""
    before = queries.attached_to(tx, message_id)
    wanted = queries.files_in(tx, room_id, file_ids)
    store.attach(tx, message_id, wanted - before)
    _detach(tx, message_id, before - wanted)


def message_gone(
    tx: WriteSession, message_id: str, file_ids: Collection[str] = (), wait_until: datetime | None = None
) -> None:
    """The message is deleted; it had at least these files, whether it was known or not.

    Until then it may be said anew: those of its files that no other message has wait for that.
    """
    _detach(tx, message_id, queries.attached_to(tx, message_id).union(file_ids), wait_until)


def _detach(tx: WriteSession, message_id: str, file_ids: Collection[str], wait_until: datetime | None = None) -> None:
    store.detach(tx, message_id, file_ids)
    left = [file_id for file_id in sorted(file_ids) if not queries.is_attached(tx, file_id)]
    if wait_until is not None:
        store.wait_again(tx, left, wait_until)
        return
    for file_id in left:
        drop(tx, file_id)
