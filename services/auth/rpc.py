"""What other processes ask over NATS. (The kit's outbox serves `rpc.auth.outbox`.)"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.auth import queries
from services.auth.actions.personal_tokens import recognise_token
from services.auth.actions.tickets import redeem_ticket
from services.auth.wiring import Wiring
from shared.bus import Bus
from shared.problems import Invalid

_Q = TypeVar("_Q", bound=BaseModel)
_MOST_USERS = 1_000


class _Question(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)


class UsersQuestion(_Question):
    """`rpc.auth.users`; ids that nobody has are left out of the answer."""

    ids: Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=_MOST_USERS)]


class TicketQuestion(_Question):
    """`rpc.auth.tickets.redeem`."""

    ticket: Annotated[str, Field(max_length=1024, repr=False)]


class PersonalTokenQuestion(_Question):
    """`rpc.auth.tokens.recognise`; the digest (SHA-256, hexadecimal), since the token itself is nobody's business."""

    digest: Annotated[str, Field(max_length=64)]


class Rpc:
    """A part of the application: answers while it runs."""

    def __init__(self, bus: Bus, wiring: Wiring) -> None:
        self._bus = bus
        self._wiring = wiring

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Requests are answered inside of this."""
        methods = {
            "users": self._users,
            "jwks": self._keys,
            "tickets.redeem": self._redeem,
            "tokens.recognise": self._recognise,
        }
        async with AsyncExitStack() as stack:
            for method, handler in methods.items():
                serving = await self._bus.serve(method, handler)
                stack.push_async_callback(serving.unsubscribe)
            yield

    async def _users(self, payload: Any) -> dict[str, Any]:
        ids = [each for each in _read(UsersQuestion, payload).ids if "\0" not in each]
        found = await self._wiring.db.read(queries.show_users, ids)
        return {"users": [user.model_dump(mode="json") for user in found]}

    async def _keys(self, _: Any) -> dict[str, Any]:
        return self._wiring.keys.key_set()

    async def _redeem(self, payload: Any) -> dict[str, Any]:
        return asdict(await self._wiring.db.write(redeem_ticket, _read(TicketQuestion, payload).ticket))

    async def _recognise(self, payload: Any) -> dict[str, Any]:
        return asdict(await self._wiring.db.write(recognise_token, _read(PersonalTokenQuestion, payload).digest))


def _read(question: type[_Q], payload: Any) -> _Q:
    try:
        return question.model_validate(payload)
    except ValidationError:
        raise Invalid("invalid", "This is not how that is asked.") from None
