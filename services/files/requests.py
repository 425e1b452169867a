"""What other services ask of files over NATS."""

from typing import Any

from pydantic import Field, ValidationError

from services.files import queries
from services.files.schemas import File
from shared.database import Database
from shared.ids import Id
from shared.problems import Invalid
from shared.schemas import RequestModel

MOST_IDS = 100


class Describe(RequestModel):
    """`rpc.files.describe`: which files."""

    ids: list[Id] = Field(max_length=MOST_IDS)


class Requests:
    """Answers from the database. Whether the asker's user may see a file is for the asker to check: `room_id` and
    `uploaded_by` are in the answer."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def describe(self, payload: Any) -> dict[str, Any]:
        """The files of these ids; those that are not there are left out."""
        try:
            ids = Describe.model_validate(payload).ids
        except ValidationError:
            raise Invalid("invalid", f"Send `ids`, a list of up to {MOST_IDS} file ids.") from None
        rows = await self._db.read(queries.file_rows, ids)
        return {"files": [File.of(row).model_dump(mode="json") for row in rows]}
