"""What gateways ask over NATS: commands in groups, opening a room, replay, and heads; and what followers ask."""

from typing import Annotated, Any

import msgspec

from services.messaging import access, feed, replay
from services.messaging.commands import Command, Outcome, as_reply
from services.messaging.epoch import EpochGuard
from services.messaging.items import command_of
from services.messaging.reading import convert
from services.messaging.sequencer import Sequencer
from services.messaging.settings import Settings
from shared.bus import Bus
from shared.caller import Caller, CallerVerifier
from shared.database import Database
from shared.inbox import Inbox
from shared.problems import Forbidden, NotFound, Problem, Unauthorized


class _Commands(msgspec.Struct):
    callers: list[str]
    commands: list[Any]


_Seq = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class AttachQuestion(msgspec.Struct):
    caller: str
    room_id: str


class ReplayQuestion(msgspec.Struct):
    room_id: str
    after: _Seq
    resume: bool = False


class After(msgspec.Struct):
    after: _Seq
    limit: int = 256


class GatewayRequests:
    """The handlers; `serve` puts them on the bus."""

    def __init__(
        self,
        settings: Settings,
        db: Database,
        sequencer: Sequencer,
        inbox: Inbox,
        verifier: CallerVerifier,
        guard: EpochGuard,
    ) -> None:
        self._settings = settings
        self._db = db
        self._sequencer = sequencer
        self._inbox = inbox
        self._verifier = verifier
        self._guard = guard

    async def serve(self, bus: Bus) -> None:
        """Answer requests from now on."""
        await bus.serve("commands", self.commands)
        await bus.serve("attach", self.attach)
        await bus.serve("replay", self.replay)
        await bus.serve("heads", self.heads)
        await bus.serve("outbox", self.outbox)

    async def commands(self, request: dict[str, Any]) -> dict[str, Any]:
        """{"callers": [jwt], "commands": [{"by": index of the caller, "op", ...}]} -> {"results": [...]} in order."""
        await self._guard.passed()
        batch = convert(request, _Commands)
        callers = [self._caller(token) for token in batch.callers]
        checked = [_command(item, callers) for item in batch.commands]
        good = [command for command in checked if not isinstance(command, Problem)]
        stored = iter(await self._sequencer.submit(good)) if good else iter(())
        outcomes: list[Outcome] = [one if isinstance(one, Problem) else next(stored) for one in checked]
        return {"results": [as_reply(outcome) for outcome in outcomes]}

    async def attach(self, request: dict[str, Any]) -> dict[str, Any]:
        """{"caller", "room_id"} -> what `ready` shows. What rooms told nobody yet is fetched before a refusal."""
        await self._guard.passed()
        asked = convert(request, AttachQuestion)
        caller = self._caller(asked.caller)
        if isinstance(caller, Problem):
            raise caller
        try:
            return await self._db.read(access.attach, asked.room_id, caller.user_id)
        except (NotFound, Forbidden):
            await self._inbox.catch_up("rooms", timeout=2)
            return await self._db.read(access.attach, asked.room_id, caller.user_id)

    async def replay(self, request: dict[str, Any]) -> bytes:
        """{"room_id", "after", "resume": bool} -> a span with "head" and "too_far" in its header."""
        await self._guard.passed()
        asked = convert(request, ReplayQuestion)
        return await self._db.read(replay.replay, asked.room_id, asked.after, asked.resume, self._settings)

    async def heads(self, request: dict[str, Any]) -> dict[str, Any]:
        """{"after": pos} -> {"epoch", "pos", "rooms": {room_id: seq}} of what changed after that position."""
        await self._guard.passed()
        return await self._db.read(feed.heads_after, convert(request, After).after)

    async def outbox(self, request: dict[str, Any]) -> bytes:
        """{"after": pos, "limit"} -> envelopes, as every producer's outbox answers."""
        await self._guard.passed()
        asked = convert(request, After)
        return await self._db.read(replay.outbox, asked.after, min(asked.limit, 500))

    def _caller(self, token: str) -> Caller | Problem:
        try:
            caller = self._verifier.verify(token)
        except Problem as problem:
            return problem
        return caller if isinstance(caller, Caller) else Unauthorized()


def _command(item: Any, callers: list[Caller | Problem]) -> Command | Problem:
    try:
        return command_of(item, callers)
    except Problem as problem:
        return problem
