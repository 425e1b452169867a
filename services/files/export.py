"""What a person gets who asks for all that is known of them."""

from typing import Any

from services.files import queries
from services.files.schemas import File
from shared.clock import rfc3339
from shared.database import ReadSession

# One answer over NATS has to hold it: about 500 KiB.
MOST = 1_000


def export(tx: ReadSession, user_id: str) -> dict[str, Any]:
    """Uploads, the newest first, and the picture; contents are fetched by their URLs."""
    files = [File.of(row).model_dump(mode="json") for row in queries.files_of(tx, user_id, MOST)]
    avatar = queries.find_avatar(tx, user_id)
    exported: dict[str, Any] = {"files.json": files}
    if avatar is not None:
        url = f"/api/v1/avatars/{user_id}?v={avatar['hash']}"
        exported["avatar.json"] = {
            "avatar_url": url,
            "size": avatar["size"],
            "updated_at": rfc3339(avatar["updated_at"]),
        }
    return exported
