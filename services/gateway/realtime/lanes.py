"""Commands on their way to messaging: what sockets sent while one request was under way goes out in the next.

A lane has one request under way at a time, and all of a room's commands take the same lane, so they are stored in the
order in which they came, whatever number of messaging replicas answers. Who has no answer in two seconds is told so,
and with them everybody who waits behind: they would wait as long once more.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import structlog

from services.gateway.limits import Limits
from services.gateway.realtime.frames import error
from shared.bus import Bus
from shared.caller import CallerSigner
from shared.metrics import histogram
from shared.problems import Problem, TooMany, Unavailable, UpstreamTimeout
from shared.tasks import ended
from shared.tracing import begun

if TYPE_CHECKING:
    from services.gateway.realtime.client import Client

_log = structlog.get_logger(__name__)
_ACKED = histogram("parley_ack_seconds", "From a command's frame to its ack or refusal by messaging")
_LANES = 4
_BATCH = 256
_BATCH_BYTES = 384 * 1024
_TIMEOUT = 2.0
_MAX_WAITING = 5_000


@dataclass(slots=True)
class Pending:
    """One command of one socket; `fields` is what messaging reads."""

    client: "Client"
    client_id: str | None
    fields: dict[str, Any]
    size: int
    since: float = field(default_factory=time.monotonic)


class Lanes:
    """Takes commands from sockets and answers them with `ack` or `error`."""

    def __init__(self, bus: Bus, signer: CallerSigner, limits: Limits) -> None:
        self._lanes = [_Lane(bus, signer, limits) for _ in range(_LANES)]

    def submit(self, pending: Pending) -> None:
        """Queue a command; its answer goes to the socket that sent it."""
        self._lanes[hash(pending.fields["room_id"]) % _LANES].submit(pending)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Carry commands until left."""
        tasks = [asyncio.create_task(lane.run(), name="lane") for lane in self._lanes]
        try:
            yield
        finally:
            for task in tasks:
                await ended(task)


class _Lane:
    def __init__(self, bus: Bus, signer: CallerSigner, limits: Limits) -> None:
        self._bus = bus
        self._signer = signer
        self._limits = limits
        self._queue: deque[Pending] = deque()
        self._wake = asyncio.Event()

    def submit(self, pending: Pending) -> None:
        if len(self._queue) >= _MAX_WAITING:
            answers = _Answers()
            answers.refuse(pending, Unavailable("Too much is waiting to be stored; send it again."))
            answers.deliver()
            return
        self._queue.append(pending)
        self._wake.set()

    async def run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._queue:
                answers = _Answers()
                batch = await self._within_limits(self._take(), answers)
                try:
                    if batch:
                        await self._send(batch, answers)
                except asyncio.CancelledError:
                    raise
                except Exception:
                    _log.exception("a group of commands failed in the gateway")
                    answers.refuse_all(batch, Unavailable("The message may not be stored; send it again."))
                answers.deliver()

    def _take(self) -> list[Pending]:
        batch: list[Pending] = []
        size = 0
        while self._queue and len(batch) < _BATCH and size < _BATCH_BYTES:
            batch.append(self._queue.popleft())
            size += batch[-1].size
        return batch

    async def _within_limits(self, batch: list[Pending], answers: "_Answers") -> list[Pending]:
        allowed = []
        for pending in batch:
            if pending.fields["op"] == "read":
                allowed.append(pending)
                continue
            try:
                await self._limits.hit("messages", pending.client.user_id)
            except TooMany as problem:
                answers.refuse(pending, problem)
            else:
                allowed.append(pending)
        return allowed

    async def _send(self, batch: list[Pending], answers: "_Answers") -> None:
        index: dict[str, int] = {}
        commands = []
        for pending in batch:
            token = self._signer.sign("messaging", pending.client.caller)
            commands.append(pending.fields | {"by": index.setdefault(token, len(index))})
        request = {"callers": list(index), "commands": commands}
        try:
            with begun("commands of sockets", "server", {"parley.commands": len(commands)}):
                reply = await self._bus.request("rpc.messaging.commands", request, timeout=_TIMEOUT)
        except UpstreamTimeout as problem:
            answers.refuse_all([*batch, *self._queue], problem)
            self._queue.clear()
            return
        except Problem as problem:
            answers.refuse_all(batch, problem)
            return
        now = time.monotonic()
        for pending, result in zip(batch, reply["results"], strict=True):
            _ACKED.observe(now - pending.since)
            answers.add(pending, result)


class _Answers:
    """Answers of one round, joined so that each socket is written to once."""

    def __init__(self) -> None:
        self._frames: dict[Client, list[dict[str, Any]]] = {}

    def add(self, pending: Pending, result: dict[str, Any]) -> None:
        refused = result.get("error")
        frames = self._frames.setdefault(pending.client, [])
        pending.client.settled()
        if refused is None:
            if pending.client_id is None and pending.fields["op"] == "read":
                return
            frame = {"type": "ack", "room_id": pending.fields["room_id"], **result}
            if pending.client_id is not None:
                frame["client_id"] = pending.client_id
        else:
            frame = error(
                refused["code"],
                refused["detail"],
                client_id=pending.client_id,
                room_id=pending.fields["room_id"],
                retry_after=refused.get("retry_after"),
            )
        frames.append(frame)

    def refuse(self, pending: Pending, problem: Problem) -> None:
        told = {"code": problem.code, "detail": problem.detail, "retry_after": problem.retry_after}
        self.add(pending, {"error": told})

    def refuse_all(self, batch: Sequence[Pending], problem: Problem) -> None:
        for pending in batch:
            self.refuse(pending, problem)

    def deliver(self) -> None:
        for client, frames in self._frames.items():
            if frames:
                client.answer(frames)
        self._frames.clear()
