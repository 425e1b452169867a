"""The sequencer: commands that arrive while one transaction commits go into the next one together.

One review request, one transaction and one flush to disk serve a whole group, so the cost of a message falls as load
grows and the latency at rest stays one commit (EVIDENCE.md §3). Nobody is answered before the commit.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from services.messaging.actions.delete import delete
from services.messaging.actions.edit import edit
from services.messaging.actions.judge import judge
from services.messaging.actions.mark_read import mark_read
from services.messaging.actions.pin import pin
from services.messaging.actions.react import react, unreact
from services.messaging.actions.send import send
from services.messaging.attachments import FileDirectory
from services.messaging.batch import Batch
from services.messaging.commands import (
    Command,
    Delete,
    Edit,
    Files,
    Held,
    Judge,
    MarkRead,
    Outcome,
    Pin,
    Prepared,
    React,
    Scheduled,
    Send,
    Unreact,
)
from services.messaging.notices import Notice, Notices, Read
from services.messaging.pace import Pace
from services.messaging.publisher import Publisher
from services.messaging.review import Reviewer
from services.messaging.timeline import Entry
from shared.database import Database, WriteSession
from shared.metrics import counter, histogram
from shared.problems import Problem, Unavailable
from shared.tasks import ended
from shared.tracing import continued, traceparent

_log = structlog.get_logger(__name__)
_BATCH = histogram("parley_batch_seconds", "Review and commit of one group of commands")
_COMMANDS = counter("parley_commands", "Commands that groups were made of, refused ones too")
_MAX_WAITING = 20_000
_NOT_NOW = "Messages can't be stored right now; send again with the same client_id."
_ACTIONS: dict[type[Command], Callable[[Batch, Prepared], Outcome]] = {
    Send: send,
    Edit: edit,
    Delete: delete,
    React: react,
    Unreact: unreact,
    Pin: pin,
    MarkRead: mark_read,
    Judge: judge,
}


@dataclass(frozen=True, slots=True)
class Committed:
    """What one transaction did: an outcome for each command, and what others are to be told."""

    outcomes: list[Outcome]
    entries: list[Entry]
    notices: list[Notice]
    reads: list[Read]


@dataclass(slots=True)
class _Group:
    commands: Sequence[Command]
    files: Files
    done: asyncio.Future[list[Outcome]]
    trace: str | None


class Sequencer:
    """The one way to store a command. `submit` from anywhere; `running` is the part that commits."""

    def __init__(
        self,
        db: Database,
        reviewer: Reviewer,
        files: FileDirectory,
        publisher: Publisher,
        notices: Notices,
        *,
        batch_size: int,
    ) -> None:
        self._db = db
        self._reviewer = reviewer
        self._files = files
        self._publisher = publisher
        self._notices = notices
        self._batch_size = batch_size
        self.on_scheduled: list[Callable[[], None]] = []
        self._queue: asyncio.Queue[_Group] = asyncio.Queue()
        self._waiting = 0
        self._stopping = False
        self._pace = Pace()

    async def submit(self, commands: Sequence[Command]) -> list[Outcome]:
        """Commit these commands in their order and return an outcome for each.

        Raises Unavailable when the service stops or more waits than can be stored in reasonable time.
        """
        if self._waiting + len(commands) > _MAX_WAITING:
            raise Unavailable(_NOT_NOW)
        self._waiting += len(commands)
        try:
            # Before the queue: while files is slow, only those who attach something wait for it.
            files = await self._files.describe(commands)
            if self._stopping:
                raise Unavailable(_NOT_NOW)
            group = _Group(commands, files, asyncio.get_running_loop().create_future(), traceparent())
            self._pace.arrived((command.user_id for command in commands), time.monotonic())
            self._queue.put_nowait(group)
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
        now = time.monotonic()
        await asyncio.sleep(self._pace.begin(now) - now)
        size = len(groups[0].commands)
        while size < self._batch_size and not self._queue.empty():
            groups.append(self._queue.get_nowait())
            size += len(groups[-1].commands)
        return groups

    async def _commit_groups(self, groups: list[_Group]) -> None:
        commands = [command for group in groups for command in group.commands]
        trace = next((group.trace for group in groups if group.trace), None)  # a group stands for all of them
        try:
            with continued("commit", "internal", trace, {"parley.commands": len(commands)}):
                with _BATCH.time():
                    outcomes = await self._commit(await self._prepare(groups, commands))
            _COMMANDS.inc(len(commands))
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

    async def _prepare(self, groups: Sequence[_Group], commands: Sequence[Command]) -> list[Prepared]:
        """What moderation says, asked once for all of them and before the transaction, and what files said."""
        verdicts = await self._reviewer.review(commands)
        files = [group.files for group in groups for _ in group.commands]
        return [Prepared(*each) for each in zip(commands, verdicts, files, strict=True)]

    async def _commit(self, prepared: Sequence[Prepared]) -> list[Outcome]:
        """All in one transaction; if one of them breaks it, each in its own, so that it breaks nobody else's."""
        try:
            done = await self._db.write(commit, prepared)
        except Problem:
            raise
        except Exception:
            if len(prepared) == 1:
                raise
            _log.exception("a group failed as a whole; its commands are tried one by one", size=len(prepared))
            return [await self._commit_one(one) for one in prepared]
        self._publisher.offer(done.entries)
        if done.notices or done.reads:
            await self._notices.tell(done.notices, done.reads)
        held = [one.command for one, outcome in zip(prepared, done.outcomes, strict=True) if isinstance(outcome, Held)]
        if attaching := [command for command in held if isinstance(command, Send) and command.attachments]:
            await self._files.keep(attaching)
        if any(isinstance(outcome, Scheduled) for outcome in done.outcomes):
            for told in self.on_scheduled:
                told()
        return done.outcomes

    async def _commit_one(self, prepared: Prepared) -> Outcome:
        try:
            return (await self._commit([prepared]))[0]
        except Problem as problem:
            return problem
        except Exception:
            _log.exception("a command could not be committed")
            return Unavailable("The message was not stored; send it again.")


def commit(tx: WriteSession, prepared: Sequence[Prepared]) -> Committed:
    """Apply a group in one transaction; a refused command is an outcome, not an exception."""
    batch = Batch(tx, prepared)
    outcomes: list[Outcome] = []
    for one in prepared:
        try:
            outcomes.append(_ACTIONS[type(one.command)](batch, one))
        except Problem as problem:
            outcomes.append(problem)
    batch.flush()
    return Committed(outcomes, batch.timeline.entries, batch.notices, batch.reads)
