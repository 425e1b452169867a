"""The WebSocket half of the gateway: a raw ASGI callable, because a route of a framework costs most of a handshake
(EVIDENCE.md §1)."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Any

import orjson
import structlog

from services.gateway.hosts import Hosts
from services.gateway.limits import Limits
from services.gateway.origins import Origins
from services.gateway.personal_tokens import is_personal
from services.gateway.realtime import frames, handshake
from services.gateway.realtime.attach import Attach, Resume
from services.gateway.realtime.attention import Attention
from services.gateway.realtime.client import Client
from services.gateway.realtime.crowd import Crowd
from services.gateway.realtime.flood import Flood
from services.gateway.realtime.frames import render
from services.gateway.realtime.lanes import Lanes
from services.gateway.realtime.notices import Notices
from services.gateway.realtime.people import People
from services.gateway.realtime.presence import ANYWHERE, ATTENTIVE, Presence
from services.gateway.realtime.registry import Registry
from services.gateway.realtime.rooms import LiveRooms
from services.gateway.realtime.typing_notes import TypingNotes
from services.gateway.realtime.wire import Wire
from services.gateway.sessions import Session, Sessions
from shared.bus import Bus
from shared.caller import CallerSigner
from shared.problems import Forbidden, NotFound, Problem, TooMany, Unauthorized, problem_body

_log = structlog.get_logger(__name__)
_AUTH_WAIT = 5.0
_CLOSE_CODES = {400: 4400, 401: 4401, 403: 4403, 404: 4404, 409: 4409, 422: 4400, 429: 4429}

Send = Callable[[dict[str, Any]], Awaitable[None]]
Scope = dict[str, Any]


class Realtime:
    """All sockets of this gateway. `running` is its Part; calling it serves one socket."""

    def __init__(
        self,
        bus: Bus,
        signer: CallerSigner,
        sessions: Sessions,
        limits: Limits,
        origins: Origins,
        hosts: Hosts,
        *,
        max_sockets: int,
        max_per_address: int,
        away_seconds: float,
        url_tickets_only: bool,
        client_address: Callable[[Scope], str],
        counted_as: Callable[[Scope], str],
    ) -> None:
        self._bus = bus
        self._signer = signer
        self._sessions = sessions
        self._origins = origins
        self._hosts = hosts
        self._crowd = Crowd(max_per_address)
        self._counted_as = counted_as
        self._frame_rule = limits.rule("frames")
        self._url_tickets_only = url_tickets_only
        self._away_seconds = away_seconds
        self._client_address = client_address
        self.presence = Presence(bus)
        self._typing = TypingNotes(bus)
        self._people = People(bus)
        self._rooms = LiveRooms(bus, self._typing)
        self._lanes = Lanes(bus, signer, limits)
        self.attach = Attach(bus, signer, self._rooms, self.presence, self._people)
        self._registry = Registry(sessions, max_sockets)
        self._notices = Notices(bus, self._registry)
        self.presence.on_change.append(self._show_presence)

    @asynccontextmanager
    async def running(self) -> Any:
        """Everything behind the sockets, in order."""
        async with AsyncExitStack() as parts:
            await self._people.follow()
            parts.push_async_callback(self._people.stop)
            await self._notices.follow()
            for part in (self.presence.running, self._rooms.running, self._lanes.running):
                await parts.enter_async_context(part())
            yield

    async def __call__(self, scope: Scope, receive: Callable[[], Awaitable[Any]], send: Send) -> None:
        """Serve one socket until it is gone."""
        await receive()
        try:
            self._check_page(scope)
        except Problem as problem:
            await _refuse_upgrade(send, problem)
            return
        await send({"type": "websocket.accept", "subprotocol": handshake.subprotocol_of(scope)})
        wire: Wire = scope["extensions"]["parley.wire"]
        try:
            with self._crowd.joined(self._counted_as(scope)):
                await self._serve(scope, wire)
        except Problem as problem:
            wire.finish(_close_code(problem), problem.detail[:120])
        except Exception:
            _log.exception("a socket could not be served")
            wire.finish(4503, "that did not work; reconnect with since")
        await wire.closed

    def _check_page(self, scope: Scope) -> None:
        """Whether it was us who was meant, and by a page that may."""
        self._hosts.check(scope)
        origin = handshake.header(scope, b"origin")
        host = handshake.header(scope, b"host") or ""
        if origin is not None and not self._origins.allows_or_same(origin, scope["scheme"], host):
            raise Forbidden("foreign_origin", "This page may not open sockets here.")

    async def _serve(self, scope: Scope, wire: Wire) -> None:
        target = handshake.target_of(scope["path"])
        query = handshake.query_of(scope)
        resume = handshake.resume_of(query)
        session = await self._session(wire, handshake.token_of(scope, query))
        client = Client(
            wire,
            session,
            self._client_address(scope),
            Flood(*(self._frame_rule or (None, 1.0))),
            lanes=self._lanes,
            attach=self.attach,
            typing=self._typing,
            sessions=self._sessions,
            attention=Attention(self.presence, session.user_id, self._away_seconds),
        )
        try:
            self._registry.add(client)
            with self._present(client):
                await self._join(client, target, resume)
                await wire.closed
        finally:
            client.stop()
            self._registry.discard(client)

    @contextmanager
    def _present(self, client: Client) -> Iterator[None]:
        """The person is online, and looks at this socket, before any room tells of it."""
        self.presence.enter(ANYWHERE, client.user_id)
        client.attention.begin()
        try:
            yield
        finally:
            self.presence.leave(ANYWHERE, client.user_id)  # first, so that nobody is shown as away on the way out
            client.attention.end()

    async def _join(self, client: Client, target: handshake.Target, resume: Resume | None) -> None:
        room_id = target.room_id
        if target.peer_id is not None:
            room_id = await self._direct_room(client, target.peer_id)
        if room_id is None:
            client.start()
        else:
            await client.join_alone(room_id, resume)

    async def _direct_room(self, client: Client, peer_id: str) -> str:
        if peer_id == client.user_id:
            raise NotFound("There is no direct room with oneself.")
        request = {"caller": self._signer.sign("rooms", client.caller), "user_id": peer_id}
        room = await self._bus.request("rpc.rooms.direct", request, timeout=5)
        return str(room["id"])

    async def _session(self, wire: Wire, token: handshake.Token | None) -> Session:
        if token is None:
            return await self._first_frame(wire)
        if token.is_ticket:
            return await self._sessions.redeem_ticket(token.text)
        if token.in_url and (self._url_tickets_only or is_personal(token.text)):  # what lives long ends up in some log
            raise Unauthorized("unauthorized", "Only tickets are taken in the URL here.")
        return await self._sessions.authenticate(token.text)

    async def _first_frame(self, wire: Wire) -> Session:
        """A socket that came bare says who it is in its first frame (within 5 s)."""
        text: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        wire.listen_once(text)
        try:
            data = await asyncio.wait_for(text, _AUTH_WAIT)
            frame = frames.decode(data)
        except (TimeoutError, frames.BadFrame):
            raise Unauthorized("unauthorized", "The first frame must be auth with a token.") from None
        if not isinstance(frame, frames.Auth) or not frame.token:
            raise Unauthorized("unauthorized", "The first frame must be auth with a token.")
        return await self._session(wire, handshake.Token(frame.token, False))

    def _show_presence(self, room_id: str, user_id: str, online: bool) -> None:
        if room_id == ANYWHERE:
            return
        if room_id == ATTENTIVE:
            if (status := self.presence.status(user_id)) != "offline":  # who goes is told of by each room
                for its_id in self.presence.rooms_of(user_id):
                    if (room := self._rooms.get(its_id)) is not None:
                        room.broadcast(_presence(room.id, user_id, status), but_user=user_id)
            return
        room_or_none = self._rooms.get(room_id)
        if room_or_none is not None:
            shown = self.presence.status(user_id) if online else "offline"
            room_or_none.broadcast(_presence(room_id, user_id, shown), but_user=user_id)


def _presence(room_id: str, user_id: str, status: str) -> bytes:
    return render({"type": "presence", "room_id": room_id, "user_id": user_id, "status": status})


def _close_code(problem: Problem) -> int:
    return _CLOSE_CODES.get(problem.status, 4429 if isinstance(problem, TooMany) else 4503)


async def _refuse_upgrade(send: Send, problem: Problem) -> None:
    body = orjson.dumps(problem_body(problem, None))
    headers = [(b"content-type", b"application/problem+json"), (b"cache-control", b"no-store")]
    await send({"type": "websocket.http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body})
