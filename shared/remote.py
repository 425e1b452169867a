"""Requests between services over NATS: how they are answered, and how an error travels back."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

import orjson
import structlog
from nats.aio.msg import Msg

from shared.problems import Problem, Unavailable, UpstreamTimeout, problem_body
from shared.tracing import HEADER, continued
from shared.web.request_id import current_request_id, request_id_bound

if TYPE_CHECKING:
    from shared.bus import Bus

_log = structlog.get_logger(__name__)
Handler = Callable[[Any], Awaitable[Any]]
_ERROR = "Parley-Error"
_INBOXES = "_INBOX"
_MOST_AT_ONCE = 1_000
_DRAIN_SECONDS = 5.0
_TOO_MANY = Unavailable("Too many requests at once.")
_INTERNAL = Problem(500, "internal", "Something went wrong here.")


class RpcServer:
    """Runs handlers side by side, up to a limit, and answers whatever happens in them."""

    def __init__(self, service: str, bus: "Bus") -> None:
        self._service = service
        self._bus = bus
        self._running: set[asyncio.Task[None]] = set()

    def answering(self, handler: Handler) -> Callable[[Msg], Awaitable[None]]:
        """The subscription's callback for this handler."""

        async def hear(message: Msg) -> None:
            if len(self._running) >= _MOST_AT_ONCE:
                await self._refuse(message, _TOO_MANY)
                return
            task = asyncio.create_task(self._answer(message, handler))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

        return hear

    async def drain(self) -> None:
        """Let what was begun be answered."""
        if self._running:
            await asyncio.wait(self._running, timeout=_DRAIN_SECONDS)

    async def _answer(self, message: Msg, handler: Handler) -> None:
        headers = message.headers or {}
        with (
            request_id_bound(headers.get("X-Request-ID")),
            continued(message.subject, "server", headers.get(HEADER)),
        ):
            try:
                answer = await handler(_decode(message.data))
                await self._reply(message, answer if isinstance(answer, bytes) else orjson.dumps(answer))
            except Problem as problem:
                await self._refuse(message, problem)
            except Exception:
                _log.exception("a request failed", subject=message.subject)
                await self._refuse(message, _INTERNAL)

    async def _refuse(self, message: Msg, problem: Problem) -> None:
        body = problem_body(problem, current_request_id())
        if problem.retry_after is not None:
            body["retry_after"] = problem.retry_after
        try:
            await self._reply(message, orjson.dumps(body), {_ERROR: str(problem.status)})
        except Problem as error:
            _log.warning("an error could not be answered", subject=message.subject, reason=error.detail)

    async def _reply(self, message: Msg, data: bytes, headers: dict[str, str] | None = None) -> None:
        # The broker lets us answer wherever the asker says, even where others listen for events: only inboxes are that.
        if message.reply.startswith(_INBOXES):
            await self._bus.send(message.reply, data, headers)


def raise_remote(message: Msg) -> None:
    """Raise the problem that this answer carries, if it does."""
    status = (message.headers or {}).get(_ERROR)
    if status is None:
        return
    body: Mapping[str, Any] = orjson.loads(message.data)
    detail, code, retry_after = body["detail"], body["code"], body.get("retry_after")
    if status == "503":
        raise Unavailable(detail, retry_after or 1, code)
    if status == "504":
        raise UpstreamTimeout(detail, code)
    raise Problem(int(status), code, detail, title=body["title"], retry_after=retry_after, errors=body.get("errors"))


def _decode(data: bytes) -> Any:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        raise Problem(400, "invalid_json", "The request is not JSON.") from None
