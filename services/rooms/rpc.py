"""What other processes ask over NATS: `rpc.rooms.direct`, `rpc.rooms.export`. (The kit's outbox serves its own.)"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.rooms.actions.open_direct import open_direct
from services.rooms.export import AFTER, export
from services.rooms.wiring import Wiring
from shared.bus import Bus
from shared.caller import Caller, CallerVerifier
from shared.ids import Id
from shared.problems import Forbidden, Invalid, NotFound, Unauthorized

_Q = TypeVar("_Q", bound=BaseModel)


class _Question(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)


class DirectQuestion(_Question):
    """Who asks, as the gateway vouches for it, and with whom."""

    caller: str
    user_id: Id


class ExportQuestion(_Question):
    """Of whom, and after which piece."""

    user_id: Id
    after: Annotated[str, Field(pattern=AFTER)] = "rooms:"


class Rpc:
    """A part of the application: answers while it runs."""

    def __init__(self, bus: Bus, verifier: CallerVerifier, wiring: Wiring) -> None:
        self._bus = bus
        self._verifier = verifier
        self._wiring = wiring

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Requests are answered inside of this."""
        async with AsyncExitStack() as stack:
            for method, handler in {"direct": self._direct, "export": self._export}.items():
                serving = await self._bus.serve(method, handler)
                stack.push_async_callback(serving.unsubscribe)
            yield

    async def _direct(self, payload: Any) -> dict[str, Any]:
        asked = _read(DirectQuestion, payload)
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

    async def _export(self, payload: Any) -> dict[str, Any]:
        asked = _read(ExportQuestion, payload)
        return await self._wiring.db.read(export, asked.user_id, asked.after)


def _read(question: type[_Q], payload: Any) -> _Q:
    try:
        return question.model_validate(payload)
    except ValidationError:
        raise Invalid("invalid", "This is not how that is asked.") from None
