"""What other services ask of files over NATS."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.files import queries
from services.files.actions.hold import hold
from services.files.export import export
from services.files.schemas import File
from shared.bus import Bus
from shared.clock import Timestamp
from shared.database import Database
from shared.ids import Id
from shared.problems import Invalid

MOST_IDS = 100
_Q = TypeVar("_Q", bound=BaseModel)


class _Question(BaseModel):
    """Asked by a service that may be newer: what is not known here is ignored."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)


class Describe(_Question):
    """`rpc.files.describe`: which files, and until when a message that is to come needs them."""

    ids: list[Id] = Field(max_length=MOST_IDS)
    needed_until: Timestamp | None = None


class Export(_Question):
    """`rpc.files.export`: of whom, and from where on."""

    user_id: Id
    after: Id | None = None


class Requests:
    """Answers from the database. Whether the asker's user may see a file is for the asker to check: `room_id` and
    `uploaded_by` are in the answer."""

    def __init__(self, db: Database, bus: Bus) -> None:
        self._db = db
        self._bus = bus

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """A part: requests are answered inside of it."""
        async with AsyncExitStack() as stack:
            for method, handler in {"describe": self.describe, "export": self.export}.items():
                serving = await self._bus.serve(method, handler)
                stack.push_async_callback(serving.unsubscribe)
            yield

    async def describe(self, payload: Any) -> dict[str, Any]:
        """The files of these ids; those that are not there are left out."""
        asked = _read(Describe, payload, f"Send `ids`, a list of up to {MOST_IDS} file ids.")
        if asked.needed_until is not None:
            await self._db.write(hold, asked.ids, asked.needed_until)
        rows = await self._db.read(queries.file_rows, asked.ids)
        return {"files": [File.of(row).model_dump(mode="json") for row in rows]}

    async def export(self, payload: Any) -> dict[str, Any]:
        """Everything kept of a person, as files of an archive, a page at a time."""
        asked = _read(Export, payload, "Send `user_id`.")
        return await self._db.read(export, asked.user_id, asked.after)


def _read(question: type[_Q], payload: Any, refusal: str) -> _Q:
    try:
        return question.model_validate(payload)
    except ValidationError:
        raise Invalid("invalid", refusal) from None
