"""What files answers over NATS, for the contract; a serving process has no use for this."""

from typing import Any

from pydantic import BaseModel

from services.files.requests import Describe, Export
from services.files.schemas import File
from shared.contract import OUTBOX, Method


class Described(BaseModel):
    """Those that are there, in no order."""

    files: list[File]


class ExportPage(BaseModel):
    """A piece of what is kept about a person: files of an archive, and where the next piece begins, if there is one."""

    files: dict[str, Any]
    next: str | None = None


METHODS = {
    "describe": Method(Describe, Described),
    "export": Method(Export, ExportPage),
    "outbox": OUTBOX,
}
