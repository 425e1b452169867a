"""What other processes ask over NATS: `rpc.rooms.direct`. (The kit's outbox serves `rpc.rooms.outbox`.)"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from services.rooms.actions.open_direct import open_direct
from services.rooms.wiring import Wiring
from shared.bus import Bus
from shared.caller import Caller, CallerVerifier
from shared.ids import Id
from shared.problems import Forbidden, Invalid, NotFound, Unauthorized


class DirectRequest(BaseModel):
    """Who asks, as the gateway vouches for it, and with whom."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    caller: str
    user_id: Id


class Rpc:
    """A part of the application: answers while it runs."""

    def __init__(self, bus: Bus, verifier: CallerVerifier, wiring: Wiring) -> None:
        self._bus = bus
        self._verifier = verifier
        self._wiring = wiring

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Requests are answered inside of this."""
        serving = await self._bus.serve("direct", self._direct)
        try:
            yield
        finally:
            await serving.unsubscribe()

    async def _direct(self, payload: dict[str, Any]) -> dict[str, Any]:
        try:
            asked = DirectRequest.model_validate(payload)
        except ValidationError:
            raise Invalid("invalid", "This is not how a direct room is asked for.") from None
        caller = self._verifier.verify(asked.caller)
        if not isinstance(caller, Caller):
            raise Unauthorized
        await self._wiring.directory.meet(caller.user_id, asked.user_id)
        await self._wiring.hear_blocks()
        try:
            room, _ = await self._wiring.timeline.commit(open_direct, caller, asked.user_id)
        except Forbidden:
            raise NotFound("There is no such person to talk to.") from None  # a socket is closed with 4404 (S078)
        return room.model_dump(mode="json", by_alias=True)
