"""Expect an upload that a client brings to the store by itself."""

from datetime import timedelta

from sqlalchemy import RowMapping

from services.files import policy, queries, store
from services.files.actions.require_uploader import require_uploader
from services.files.names import display_name
from services.files.schemas import DirectDraft
from shared.database import WriteSession
from shared.ids import new_id


def expect(
    tx: WriteSession, room_id: str, user_id: str, draft: DirectDraft, quota: int, lasts: timedelta
) -> RowMapping:
    """The upload. It counts against the quota from now on, so that many at once are no way around it."""
    require_uploader(tx, room_id, user_id)
    used = queries.used_bytes(tx, user_id) + queries.expected_bytes(tx, user_id)
    policy.within_quota(used, draft.size, quota)
    upload_id = new_id()
    row = {
        "id": upload_id,
        "room_id": room_id,
        "user_id": user_id,
        "name": display_name(draft.name),
        "size": draft.size,
        "expires_at": tx.now + lasts,
        "file_id": None,
    }
    store.add_direct_upload(tx, row)
    return queries.direct_upload(tx, upload_id, user_id)
