"""Only members put files into a room."""

from services.files import policy, queries
from shared.database import ReadSession


def require_uploader(tx: ReadSession, room_id: str, user_id: str) -> None:
    """Return when the person may; else raise Forbidden for a room that everybody may see, NotFound for any other."""
    role = queries.room_role(tx, room_id, user_id)
    policy.may_upload(role, in_public=role is None and queries.is_public(tx, room_id))
