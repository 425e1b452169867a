"""What rooms answers over NATS, for the contract; a serving process has no use for this."""

from typing import Any

from pydantic import BaseModel

from services.rooms.rpc import DirectQuestion, ExportQuestion
from services.rooms.schemas import DirectRoom
from shared.contract import OUTBOX, Method


class ExportPage(BaseModel):
    """A piece of what is kept about a person: files of an archive, and where the next piece begins, if there is one."""

    files: dict[str, Any]
    next: str | None


METHODS = {
    "direct": Method(DirectQuestion, DirectRoom),
    "export": Method(ExportQuestion, ExportPage),
    "outbox": OUTBOX,
}
