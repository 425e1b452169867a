"""What moderation answers over NATS, for the contract; a serving process has no use for this."""

from typing import Any

import msgspec
from pydantic import BaseModel

from services.moderation.export import ExportQuestion
from services.moderation.texts import Batch, Verdicts
from shared.contract import OUTBOX, Method, dedented


class ExportPage(BaseModel):
    """A piece of what is kept about a person: files of an archive, and where the next piece begins, if there is one."""

    files: dict[str, Any]
    next: str | None


METHODS = {
    "review": Method(dedented(msgspec.json.schema(Batch)), dedented(msgspec.json.schema(Verdicts))),
    "export": Method(ExportQuestion, ExportPage),
    "outbox": OUTBOX,
}
