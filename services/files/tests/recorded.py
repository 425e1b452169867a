"""What the service has told the others."""

from typing import Any

import orjson
from sqlalchemy import text

from services.files.tests.conftest import Service
from shared.database import ReadSession


async def recorded(service: Service) -> list[tuple[str, Any]]:
    """Type and data of every event in the outbox, in order."""

    def read(tx: ReadSession) -> list[str]:
        return list(tx.execute(text("SELECT envelope FROM outbox ORDER BY id")).scalars())

    envelopes = [orjson.loads(envelope) for envelope in await service.db.read(read)]
    return [(envelope["type"], envelope["data"]) for envelope in envelopes]


def unsigned(file: dict[str, Any]) -> dict[str, Any]:
    """The file as everybody may hear of it: without what makes its URLs one person's."""
    thumbnail = file["thumbnail_url"]
    return file | {"url": file["url"].partition("?")[0], "thumbnail_url": thumbnail and thumbnail.partition("?")[0]}
