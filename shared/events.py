"""What services tell each other: an event as its producer declares it, and the envelope it travels in."""

from datetime import datetime
from typing import Any, ClassVar

import orjson
from pydantic import BaseModel, ConfigDict

from shared.clock import rfc3339


class Event(BaseModel):
    """Something that happened. Producers declare every field: unknown ones are refused.

    A subclass says who tells it, of what thing, and what happened: `producer="rooms"; thing="member"; name="joined"`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    producer: ClassVar[str]
    thing: ClassVar[str]
    name: ClassVar[str]

    def entity_id(self) -> str:
        """The id of the thing that it happened to."""
        raise NotImplementedError

    @property
    def type(self) -> str:
        """`member.joined`."""
        return f"{self.thing}.{self.name}"

    @property
    def subject(self) -> str:
        """`rooms.member.<id>.joined`."""
        return f"{self.producer}.{self.thing}.{self.entity_id()}.{self.name}"


class Envelope(BaseModel):
    """An event on its way. Consumers ignore fields that they don't know."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: int
    epoch: str
    producer: str
    type: str
    subject: str
    at: datetime
    request_id: str | None = None
    data: dict[str, Any]

    def wire(self) -> dict[str, Any]:
        """As it is sent."""
        return {**dict(self), "at": rfc3339(self.at)}

    def encode(self) -> bytes:
        """The JSON object that is sent."""
        return orjson.dumps(self.wire())
