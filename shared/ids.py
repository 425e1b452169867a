"""Ids: UUIDv7, written one way only, so that equal ids are equal strings."""

from typing import Annotated

import uuid_utils
from pydantic import StringConstraints, WithJsonSchema

_CANONICAL = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"

Id = Annotated[
    str,
    StringConstraints(pattern=_CANONICAL),
    WithJsonSchema({"type": "string", "format": "uuid", "pattern": _CANONICAL}),
]


def new_id() -> str:
    """A new UUIDv7: later ids sort after earlier ones."""
    return str(uuid_utils.uuid7())
