"""Traces: how long each step of a request took, over all services, from HTTP through NATS to the sockets.

Off unless PARLEY_OTLP_ENDPOINT is set; then OpenTelemetry is loaded (the extra `tracing`), and until then nothing here
does anything. A span says which step it was (a route's template, a subject, a number of things), and never what was in
it: no query, no header, no body, no exception's text. Between processes it travels as W3C `traceparent`, in headers of
HTTP and of NATS.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext, suppress
from typing import Literal, Protocol

from starlette.types import ASGIApp, Receive, Scope, Send

from shared.web.noted import NotedSend

HEADER = "traceparent"
Kind = Literal["server", "client", "producer", "consumer", "internal"]
Attributes = Mapping[str, str | int]
_FLUSH_SECONDS = 2.5
_OFF: AbstractContextManager[None] = nullcontext()
_NOTHING: Attributes = {}


class Tracer(Protocol):
    """What is behind this module when traces are on (shared.otlp)."""

    def span(
        self, name: str, kind: Kind, parent: str | None, attributes: Attributes, *, root: bool
    ) -> AbstractContextManager[None]:
        """A span below `parent`, or the current one, or (`root`) none."""
        ...

    def note(self, name: str, attributes: Attributes) -> None:
        """More about the current span."""
        ...

    def traceparent(self) -> str | None:
        """The current span, for another process."""
        ...

    def flush(self) -> None:
        """Send what is left; takes two seconds at most."""
        ...


_tracer: Tracer | None = None


@asynccontextmanager
async def traced(service: str, version: str, endpoint: str) -> AsyncIterator[None]:
    """A part: traces are sent to `endpoint` until left."""
    global _tracer
    from shared.otlp import OtlpTracer

    tracer = _tracer = OtlpTracer(service, version, endpoint)
    try:
        yield
    finally:
        _tracer = None
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.to_thread(tracer.flush), _FLUSH_SECONDS)


def traceparent() -> str | None:
    """The current span for another process or task; None when there is none."""
    return None if _tracer is None else _tracer.traceparent()


def begun(name: str, kind: Kind, attributes: Attributes = _NOTHING) -> AbstractContextManager[None]:
    """A new trace."""
    return _OFF if _tracer is None else _tracer.span(name, kind, None, attributes, root=True)


def continued(
    name: str, kind: Kind, parent: str | None, attributes: Attributes = _NOTHING
) -> AbstractContextManager[None]:
    """A step of the trace that came from elsewhere as `parent`; nothing when none did."""
    return _OFF if _tracer is None or not parent else _tracer.span(name, kind, parent, attributes, root=False)


def step(name: str, kind: Kind = "internal", attributes: Attributes = _NOTHING) -> AbstractContextManager[None]:
    """A step of the trace that this task is in; nothing when it is in none."""
    if _tracer is None or _tracer.traceparent() is None:
        return _OFF
    return _tracer.span(name, kind, None, attributes, root=False)


def passed_on(headers: Mapping[str, str] | None) -> dict[str, str] | None:
    """These headers and the current span."""
    parent = traceparent()
    if parent is None:
        return None if headers is None else dict(headers)
    return {**(headers or {}), HEADER: parent}


class TraceMiddleware:
    """A span for each HTTP request. What strangers send as `traceparent` is not believed."""

    def __init__(self, app: ASGIApp, *, trusted: bool) -> None:
        self._app = app
        self._trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if _tracer is None or scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        noted = NotedSend(send)
        parent = _offered(scope) if self._trusted else None
        method = scope["method"]
        with continued(method, "server", parent) if parent else begun(method, "server"):
            try:
                await self._app(scope, receive, noted)
            finally:
                _note_answer(scope, noted.status)


def _offered(scope: Scope) -> str | None:
    found = next((value for name, value in scope["headers"] if name == HEADER.encode()), None)
    return found.decode("latin-1") if found else None


def _note_answer(scope: Scope, status: int) -> None:
    if _tracer is not None:
        route = getattr(scope.get("route"), "path", "none")
        told: Attributes = {"http.request.method": scope["method"], "http.route": route}
        _tracer.note(f"{scope['method']} {route}", {**told, "http.response.status_code": status})
