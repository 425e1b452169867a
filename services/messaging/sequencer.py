"""The sequencer: commands that arrive while one transaction commits go into the next one together.

One review request, one transaction and one flush to disk serve a whole group, so the cost of a message falls as load
grows and the latency at rest stays one commit (EVIDENCE.md §3). Nobody is answered before the commit.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from services.messaging.actions.send import send
from services.messaging.batch import Batch
from services.messaging.commands import Command, Outcome, Verdict
from services.messaging.publisher import Publisher
from services.messaging.review import Reviewer
from services.messaging.timeline import Entry
from shared.database import Database, WriteSession
from shared.problems import Problem, Unavailable
from shared.tasks import ended

_log = structlog.get_logger(__name__)
_MAX_WAITING = 20_000


@dataclass(slots=True)
class _Group:
    commands: Sequence[Command]
    done: asyncio.Future[list[Outcome]]


class Sequencer:
    """The one way to store a command. `submit` from anywhere; `running` is the part that commits."""

    def __init__(self, db: Database, reviewer: Reviewer, publisher: Publisher, *, batch_size: int) -> None:
        self._db = db
        self._reviewer = reviewer
        self._publisher = publisher
        self._batch_size = batch_size
        self._queue: asyncio.Queue[_Group] = asyncio.Queue()
        self._waiting = 0
        self._stopping = False

    async def submit(self, commands: Sequence[Command]) -> list[Outcome]:
        """Commit these commands in their order and return an outcome for each.

        Raises Unavailable when the service stops or more waits than can be stored in reasonable time.
        """
        if self._stopping or self._waiting + len(commands) > _MAX_WAITING:
            raise Unavailable("Messages can't be stored right now; send again with the same client_id.")
        group = _Group(commands, asyncio.get_running_loop().create_future())
        self._waiting += len(commands)
        self._queue.put_nowait(group)
        try:
            return await group.done
        finally:
            self._waiting -= len(commands)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Commit groups until left; what is queued by then is still committed."""
        task = asyncio.create_task(self._run(), name="sequencer")
        try:
            yield
        finally:
            self._stopping = True
            await self._queue.join()
            await ended(task)

    async def _run(self) -> None:
        while True:
            groups = await self._next_groups()
            try:
                await self._commit_groups(groups)
            finally:
                for group in groups:
                    self._queue.task_done()
                    if not group.done.done():
                        group.done.set_exception(Unavailable("The message was not stored; send it again."))

    async def _next_groups(self) -> list[_Group]:
        groups = [await self._queue.get()]
        size = len(groups[0].commands)
        while size < self._batch_size and not self._queue.empty():
            groups.append(self._queue.get_nowait())
            size += len(groups[-1].commands)
        return groups

    async def _commit_groups(self, groups: list[_Group]) -> None:
        commands = [command for group in groups for command in group.commands]
        try:
            verdicts = await self._reviewer.review(commands)
            outcomes = await self._commit(commands, verdicts)
        except Problem as problem:
            outcomes = [problem] * len(commands)
        except Exception:
            _log.exception("a group could not be committed", size=len(commands))
            outcomes = [Unavailable("The message was not stored; send it again.")] * len(commands)
        answers = iter(outcomes)
        for group in groups:
            outcome = [next(answers) for _ in group.commands]
            if not group.done.done():
                group.done.set_result(outcome)

    async def _commit(self, commands: Sequence[Command], verdicts: Sequence[Verdict]) -> list[Outcome]:
        """All in one transaction; if one of them breaks it, each in its own, so that it breaks nobody else's."""
        try:
            outcomes, entries = await self._db.write(commit, commands, verdicts)
        except Problem:
            raise
        except Exception:
            if len(commands) == 1:
                raise
            _log.exception("a group failed as a whole; its commands are tried one by one", size=len(commands))
            return [(await self._commit_one(*pair)) for pair in zip(commands, verdicts, strict=True)]
        self._publisher.offer(entries)
        return outcomes

    async def _commit_one(self, command: Command, verdict: Verdict) -> Outcome:
        try:
            return (await self._commit([command], [verdict]))[0]
        except Problem as problem:
            return problem
        except Exception:
            _log.exception("a command could not be committed")
            return Unavailable("The message was not stored; send it again.")


def commit(
    tx: WriteSession, commands: Sequence[Command], verdicts: Sequence[Verdict]
) -> tuple[list[Outcome], list[Entry]]:
    """Apply a group in one transaction; a refused command is an outcome, not an exception."""
    batch = Batch(tx, commands)
    outcomes: list[Outcome] = []
    for command, verdict in zip(commands, verdicts, strict=True):
        try:
            outcomes.append(send(batch, command, verdict))
        except Problem as problem:
            outcomes.append(problem)
    batch.flush()
    return outcomes, batch.timeline.entries
