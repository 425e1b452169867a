"""One call through the gateway: find its route and caller, charge its limits, ask the service, pass on the answer.

A plain ASGI application: every HTTP call takes this path, and a framework would double its cost.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Final

import orjson
from aiohttp import ClientTimeout
from starlette.types import Receive, Scope, Send

from services.gateway.admission import Admission
from services.gateway.call import Call
from services.gateway.charges import Charge
from services.gateway.incoming import Body, WhileClientListens
from services.gateway.matching import RouteTable
from services.gateway.relay import read_whole, relay_stream, relay_whole
from services.gateway.routing import Route
from services.gateway.sessions import Sessions
from services.gateway.turnstile import Turnstile
from services.gateway.upstream import QUICK, STREAM, UPLOAD, Upstreams
from services.gateway.waiting_room import WaitingRoom
from shared.problems import Problem

Local = Callable[[Call], Awaitable[Any]]
"""Answers a call in the gateway itself: returns what becomes the JSON."""

MULTIPART_OVERHEAD: Final = 64 * 1024


class Proxy:
    """Everything under /api/v1; `largest` is how many bytes each kind of streamed body may have."""

    def __init__(
        self,
        admission: Admission,
        upstreams: Upstreams,
        sessions: Sessions,
        local: Mapping[str, Local],
        largest: Mapping[str, int],
    ) -> None:
        self._table = RouteTable()
        self._admission = admission
        self._upstreams = upstreams
        self._sessions = sessions
        self._local = local
        self._turnstile = Turnstile()
        self._waiting_room = WaitingRoom()
        self._largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers, or raises the Problem that is the answer."""
        route, params = self._table.find(scope)
        scope["route"] = route  # for the access log, as is the caller
        caller = scope.setdefault("state", {})["caller"] = await self._admission.caller(route, scope)
        call = Call(route, params, caller, scope, receive, send)
        if route.service == "gateway":
            await _answer(send, await self._local[route.path](call))
            return
        with self._turnstile.passed(call):
            await (self._upload(call) if route.body in self._largest else self._ordinary(call))

    async def _ordinary(self, call: Call) -> None:
        body = await Body(call.scope, call.receive, call.route.body_limit).whole()
        charge = await self._admission.charge(call, body)
        sent = None if call.route.method == "GET" else body
        with WhileClientListens(call.receive):
            if call.route.streams:
                await self._stream(call, sent, STREAM, charge)
            else:
                await self._whole(call, sent, charge)

    async def _upload(self, call: Call) -> None:
        charge = await self._admission.charge(call)
        body = Body(call.scope, call.receive, self._largest[call.route.body] + MULTIPART_OVERHEAD)
        try:
            await self._stream(call, body.stream(), UPLOAD, charge)
        except Problem:
            if body.failure is not None:  # it was not the service that broke off, but the client, or we stopped reading
                raise body.failure from None
            raise

    async def _whole(self, call: Call, body: bytes | None, charge: Charge | None) -> None:
        try:
            async with self._waiting_room.passed(call.route):
                answer = await self._upstreams.ask(call.ask(), body, QUICK)
        except Problem as problem:
            await _settle(charge, problem.status)
            raise
        await self._follow(call.route, answer.status, charge)
        await relay_whole(answer, call.send)

    async def _stream(
        self, call: Call, body: bytes | AsyncIterator[bytes] | None, timeout: ClientTimeout, charge: Charge | None
    ) -> None:
        try:
            response = await self._upstreams.stream(call.ask(), body, timeout)
        except Problem as problem:
            await _settle(charge, problem.status)
            raise
        async with response:
            await self._follow(call.route, response.status, charge)
            if call.route.streams:
                await relay_stream(response, call.send, content=call.scope["method"] != "HEAD")
            else:
                await relay_whole(await read_whole(response), call.send)

    async def _follow(self, route: Route, status: int, charge: Charge | None) -> None:
        """What an answer means to the gateway itself, before the client has it."""
        await _settle(charge, status)
        if _may_have_ended_sessions(route, status):
            await self._sessions.refresh_revocations()


def _may_have_ended_sessions(route: Route, status: int) -> bool:
    return (route.ends_sessions and status < 500) or (route.refusal_ends_sessions and 400 <= status < 500)


async def _settle(charge: Charge | None, status: int) -> None:
    if charge is not None:
        await charge.settle(status)


async def _answer(send: Send, content: Any) -> None:
    body = orjson.dumps(content)
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
