"""What a person gets who asks for all that is known of them."""

from typing import Any

from services.files import queries
from services.files.schemas import File
from shared.clock import rfc3339
from shared.database import ReadSession

# One answer over NATS holds as many: about 500 KiB.
PAGE = 1_000


def export(tx: ReadSession, user_id: str, after: str | None) -> dict[str, Any]:
    """The answer to `rpc.files.export`: a page of uploads, oldest first, and with the first of them the picture; `next`
    when there is more. Contents are fetched by their URLs.
    """
    rows = queries.files_of(tx, user_id, after or "", PAGE)
    exported: dict[str, Any] = {"files.json": [File.of(row).model_dump(mode="json") for row in rows]}
    avatar = queries.find_avatar(tx, user_id)
    if avatar is not None and after is None:
        url = f"/api/v1/avatars/{user_id}?v={avatar['hash']}"
        told = {"avatar_url": url, "size": avatar["size"], "updated_at": rfc3339(avatar["updated_at"])}
        exported["avatar.json"] = told
    return {"files": exported} | ({"next": rows[-1]["id"]} if len(rows) == PAGE else {})
