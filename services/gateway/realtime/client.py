"""One socket of one person: what it may say, which rooms it sees, and when it ends.

States: open (frames are handled), draining (the server stops: answers still go out), closed.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import structlog

from services.gateway.realtime import frames
from services.gateway.realtime.attach import Attach, Resume
from services.gateway.realtime.attention import Attention
from services.gateway.realtime.flood import Flood
from services.gateway.realtime.frames import error, render
from services.gateway.realtime.items import item_of
from services.gateway.realtime.lanes import Lanes, Pending
from services.gateway.realtime.room import LiveRoom
from services.gateway.realtime.typing_notes import TypingNotes
from services.gateway.realtime.wire import Wire
from services.gateway.sessions import Session, Sessions
from shared.caller import Caller
from shared.clock import rfc3339
from shared.metrics import counter
from shared.problems import Problem

_log = structlog.get_logger(__name__)
_SLOW = counter("parley_slow_consumers", "Sockets that were closed (4408) because they did not read fast enough")
_MAX_ROOMS = 1_000
_MAX_OUTSTANDING = 512
_EXPIRING = 60.0
_DRAIN_WAIT = 2.0


class Client:
    """Handles the frames of one authenticated socket."""

    def __init__(
        self,
        wire: Wire,
        session: Session,
        ip: str,
        flood: Flood,
        *,
        lanes: Lanes,
        attach: Attach,
        typing: TypingNotes,
        sessions: Sessions,
        attention: Attention,
    ) -> None:
        self.wire = wire
        self.session = session
        self.user_id = session.user_id
        self.caller = Caller(session.user_id, session.session_id, session.role, ip)
        self.rooms: dict[str, LiveRoom] = {}
        self.bound: str | None = None
        self.on_session_changed: Callable[[Client, Session], None] | None = None
        self._flood = flood
        self._lanes = lanes
        self._attach = attach
        self._typing = typing
        self._sessions = sessions
        self.attention = attention
        self._outstanding = 0
        self._joining: dict[str, asyncio.Task[None]] = {}
        # What was said about a room on the way into it, with each frame's size.
        self._said: dict[str, list[tuple[frames.Command | frames.Typing, int]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        wire.on_end = self._leave_rooms

    # Life

    def start(self) -> None:
        """Handle what the socket sends from now on."""
        self._watch_expiry()
        self.wire.listen(
            on_text=self._on_text,
            on_binary=lambda: self._bad("Frames are text; this one was binary."),
            on_slow=self._on_slow,
            on_drain=self._on_drain,
        )

    async def join(self, room_id: str, resume: Resume | None) -> None:
        """Attach to a room; raises the Problem that refuses it."""
        await self._attach.join(self, room_id, resume)

    async def join_alone(self, room_id: str, resume: Resume | None) -> None:
        """Be a socket of this one room and handle its frames from `ready` on; raises the Problem that refuses it."""
        self.bound = room_id
        await self.join(room_id, resume)

    def entered(self, room: LiveRoom) -> None:
        """It has been told `ready`: what it said on the way into the room may be done."""
        if room.id == self.bound:
            self.start()
        for frame, size in self._taken(room.id):
            self._handle(frame, size)

    def stop(self) -> None:
        """The socket is gone: leave every room and drop what was under way."""
        if self._timer is not None:
            self._timer.cancel()
        for task in list(self._tasks):
            task.cancel()
        self._leave_rooms()

    def close(self, code: int, reason: str) -> None:
        """End the socket with a verdict; it gets nothing more from any room."""
        self._leave_rooms()
        self.wire.finish(code, reason)

    # What rooms and services tell it

    def send(self, frame: dict[str, Any]) -> None:
        """Write one frame to this socket."""
        self.wire.write(render(frame))

    def answer(self, answers: list[dict[str, Any]]) -> None:
        """Write the answers to commands, joined."""
        self.wire.write(b"".join(render(frame) for frame in answers))

    def settled(self) -> None:
        """One of its commands is no longer under way."""
        self._outstanding -= 1

    def removed_from(self, room: LiveRoom, *, deleted: bool) -> None:
        """The last entry this socket was to see of the room has been written."""
        self._attach.leave(self, room.id)
        code, reason = (4404, "the room is gone") if deleted else (4403, "you are no longer in this room")
        if self.bound is not None:
            self.close(code, reason)
        else:
            self.send(error("room_deleted" if deleted else "removed", reason, room_id=room.id))

    def resync(self, room: LiveRoom) -> None:
        """The room's numbers are not what this socket knows: read history, then go on."""
        self.send({"type": "resync", "room_id": room.id, "seq": room.seq, "epoch": room.epoch})

    # What the socket says

    def _on_text(self, data: bytes) -> None:
        self.attention.frame()
        verdict = self._flood.frame()
        if verdict == "close":
            self.close(4429, "too many frames")
            return
        if verdict == "refuse":
            self.send(error("rate_limited", "Too many frames; wait a little.", retry_after=self._flood.retry_after()))
            return
        try:
            frame = frames.decode(data)
        except frames.BadFrame as bad:
            self._bad(str(bad))
            return
        self._handle(frame, len(data))

    def _handle(self, frame: frames.ClientFrame, size: int) -> None:
        match frame:
            case frames.Ping():
                pong = {"type": "pong"} if frame.id is None else {"type": "pong", "id": frame.id}
                self.send(pong)
            case frames.PresenceSet():
                self.attention.say(frame.status == "away")
            case frames.Subscribe():
                self._subscribe(frame)
            case frames.Unsubscribe():
                self._unsubscribe(frame.room_id)
            case frames.AuthRefresh():
                self._spawn(self._refresh(frame.token))
            case frames.Auth():
                self._bad("This socket is authenticated already; a fresh token goes in auth.refresh.")
            case _ if self._is_joining(frame.room_id):
                self._say_later(frame, size)
            case frames.TypingStart() | frames.TypingStop():
                self._type(frame)
            case _:
                self._command(frame, size)

    def _is_joining(self, room_id: str | None) -> bool:
        return room_id in self._joining and room_id not in self.rooms

    def _say_later(self, frame: frames.Command | frames.Typing, size: int) -> None:
        """Who joins a room and speaks in the same breath means the room to be joined first."""
        assert frame.room_id is not None
        if self._took_place(frame):
            self._said.setdefault(frame.room_id, []).append((frame, size))

    def _taken(self, room_id: str) -> list[tuple[frames.Command | frames.Typing, int]]:
        said = self._said.pop(room_id, [])
        self._outstanding -= len(said)
        return said

    def _unheard(self, room_id: str) -> None:
        """The room was not joined: no mistake of what was said in it."""
        for frame, _ in self._taken(room_id):
            self.send(_not_subscribed(room_id, frames.client_id_of(frame)))

    def _command(self, frame: frames.Command, size: int) -> None:
        room_id = self._room_of(frame.room_id, frame.client_id)
        if room_id is not None and self._took_place(frame):
            self._lanes.submit(Pending(self, frame.client_id, item_of(frame, room_id), size))

    def _took_place(self, frame: frames.Command | frames.Typing) -> bool:
        """Whether one more may be under way, which it is then; tells the socket when not."""
        if self._outstanding < _MAX_OUTSTANDING:
            self._outstanding += 1
            return True
        refusal = "Too many messages of this socket wait for their ack."
        self.send(error("rate_limited", refusal, client_id=frames.client_id_of(frame), retry_after=1))
        return False

    def _type(self, frame: frames.Typing) -> None:
        room_id = self._room_of(frame.room_id)
        if room_id is not None:
            self._spawn(self._typing.tell(room_id, self.user_id, isinstance(frame, frames.TypingStart)))

    def _room_of(self, named: str | None, client_id: str | None = None) -> str | None:
        """The room a frame is about; tells the socket when there is none."""
        room_id = named or self.bound
        if room_id is None:
            self._bad("Name the room: `room_id` is needed on /ws.", client_id)
        elif room_id not in self.rooms:
            self._mistaken(_not_subscribed(room_id, client_id))
        else:
            return room_id
        return None

    def _subscribe(self, frame: frames.Subscribe) -> None:
        if self.bound is not None:
            self._refused("not_here", "This socket is for one room; use /ws for many.", None, frame.room_id)
        elif frame.room_id in self.rooms or frame.room_id in self._joining:
            self._refused("already_subscribed", "This socket sees that room already.", None, frame.room_id)
        elif len(self.rooms) + len(self._joining) >= _MAX_ROOMS:
            self._refused("too_many_rooms", f"A socket sees at most {_MAX_ROOMS} rooms.", None, frame.room_id)
        elif frame.since is not None and frame.since < 0:
            self._bad("`since` is a number from 0 on.")
        else:
            resume = None if frame.since is None else Resume(frame.since, frame.epoch)
            self._joining[frame.room_id] = self._spawn(self._subscribed(frame.room_id, resume))

    async def _subscribed(self, room_id: str, resume: Resume | None) -> None:
        try:
            await self.join(room_id, resume)
        except Problem as problem:
            self._declined(problem, room_id)
        finally:
            if self._joining.get(room_id) is asyncio.current_task():  # another try may have begun
                del self._joining[room_id]
                self._unheard(room_id)

    def _unsubscribe(self, room_id: str) -> None:
        joining = self._joining.pop(room_id, None)
        if self.bound is not None:
            self._refused("not_here", "This socket is for one room; close it to leave.", None, room_id)
        elif joining is not None:
            joining.cancel()
            self._attach.leave(self, room_id)
            self._unheard(room_id)
        elif room_id in self.rooms:
            self._attach.leave(self, room_id)
        else:
            self._refused("not_subscribed", "This socket does not see that room.", None, room_id)

    async def _refresh(self, token: str) -> None:
        try:
            session = await self._sessions.authenticate(token)
        except Problem as problem:
            self._declined(problem, None)
            return
        if session.user_id != self.user_id:
            self._refused("wrong_user", "The token is somebody else's.", None, None)
            return
        if self.on_session_changed is not None:
            self.on_session_changed(self, session)
        self.session = session
        self.caller = Caller(session.user_id, session.session_id, session.role, self.caller.ip)
        self._watch_expiry()

    # Ends

    def _bad(self, detail: str, client_id: str | None = None) -> None:
        self._refused("bad_frame", detail, client_id, None)

    def _declined(self, problem: Problem, room_id: str | None) -> None:
        """What a service said to it; that none could be asked is no mistake of the client's."""
        if problem.status < 500:
            self._refused(problem.code, problem.detail, None, room_id)
        else:
            self.send(error(problem.code, problem.detail, room_id=room_id, retry_after=problem.retry_after))

    def _refused(self, code: str, detail: str, client_id: str | None, room_id: str | None) -> None:
        self._mistaken(error(code, detail, client_id=client_id, room_id=room_id))

    def _mistaken(self, frame: dict[str, Any]) -> None:
        self.send(frame)
        if self._flood.mistake():
            self.close(4400, "too many mistakes")

    def _leave_rooms(self) -> None:
        for room_id in list(self.rooms):
            self._attach.leave(self, room_id)

    def _watch_expiry(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        left = self.session.expires_at - time.time()
        self._timer = self._loop.call_later(max(0.0, left - _EXPIRING), self._expiring)

    def _expiring(self) -> None:
        left = self.session.expires_at - time.time()
        self._timer = self._loop.call_later(max(0.0, left), self.close, 4401, "the token expired")
        self.send(
            {"type": "token.expiring", "expires_at": rfc3339(datetime.fromtimestamp(self.session.expires_at, UTC))}
        )

    def _on_slow(self) -> None:
        _SLOW.inc()
        self._leave_rooms()
        self.wire.finish_slow()

    def _on_drain(self) -> None:
        self._spawn(self._drain())

    async def _drain(self) -> None:
        deadline = self._loop.time() + _DRAIN_WAIT
        while self._outstanding and self._loop.time() < deadline:
            await asyncio.sleep(0.02)
        self.wire.finish_drained()

    def _spawn(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (failure := task.exception()) is not None:
            _log.error("a frame could not be handled", exc_info=failure)
            self.send(error("unavailable", "That did not work; try again.", retry_after=1))


def _not_subscribed(room_id: str, client_id: str | None) -> dict[str, Any]:
    detail = "This socket does not see that room; subscribe first."
    return error("not_subscribed", detail, client_id=client_id, room_id=room_id)
