"""One id for everything a request causes: in the answer, in every log line, in every event."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from starlette.types import Scope

from shared.ids import new_id

_SANE = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


def current_request_id() -> str | None:
    """The id of the request being served, if one is."""
    return _request_id.get()


@contextmanager
def request_id_bound(request_id: str | None) -> Iterator[None]:
    """Serve what came by another way than HTTP, such as a NATS request, under the caller's id."""
    token = _request_id.set(sane_request_id(request_id))
    try:
        yield
    finally:
        _request_id.reset(token)


def sane_request_id(offered: str | None) -> str:
    """The caller's id when it is short and harmless in a log, else a new one."""
    return offered if offered and _SANE.fullmatch(offered) else new_id()


def begin_request(scope: Scope) -> str:
    """Serve this request under its caller's id, or a new one, from here to the end of its task."""
    offered = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
    request_id = sane_request_id(offered.decode("latin-1"))
    _request_id.set(request_id)
    return request_id
