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


def message_gone(tx: WriteSession, message_id: str, file_ids: Collection[str] = ()) -> None:
    """The message is deleted; it had at least these files, whether it was known or not."""
    _detach(tx, message_id, queries.attached_to(tx, message_id).union(file_ids))


def message_taken_back(tx: WriteSession, message_id: str, file_ids: Collection[str], until: datetime) -> None:
    """The message is deleted, and may be said anew until then: those of its files that no other has wait for that."""
    had = queries.attached_to(tx, message_id).union(file_ids)
    store.detach(tx, message_id, had)
    store.wait_again(tx, [file_id for file_id in sorted(had) if not queries.is_attached(tx, file_id)], until)


def _detach(tx: WriteSession, message_id: str, file_ids: Collection[str]) -> None:
    store.detach(tx, message_id, file_ids)
    for file_id in sorted(file_ids):
        if not queries.is_attached(tx, file_id):
            drop(tx, file_id)
