"""Traces of one application: steps below each other, no belief in what strangers say, no harm without a collector."""

import time

import pytest
from fastapi import APIRouter

from shared import tracing
from shared.app import create_app
from shared.settings import ProcessSettings
from shared.testing.plugin import running
from shared.web.json_body import StrictRoute

_NOBODY = "http://127.0.0.1:1"
_PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
_TRACE = "0af7651916cd43dd8448eb211c80319c"


async def test_a_step_belongs_to_the_request_and_goes_on_elsewhere() -> None:
    seen: list[str | None] = []
    router = APIRouter(route_class=StrictRoute)

    @router.get("/steps")
    async def steps() -> None:
        with tracing.step("below"):
            seen.append((tracing.passed_on({"a": "b"}) or {}).get(tracing.HEADER))

    settings = ProcessSettings(otlp_endpoint=_NOBODY)
    app = create_app(service="toy", version="1", settings=settings, routers=[router], parts=[])
    async with running(app) as client:
        await client.get("/steps", headers={tracing.HEADER: _PARENT})
        await client.get("/steps", headers={tracing.HEADER: "nonsense"})
        begun = time.monotonic()
    assert time.monotonic() - begun < 20  # it stops after some two seconds, though nobody takes what is left
    assert [_TRACE in (parent or "") for parent in seen] == [True, False]
    assert all(parent and parent != _PARENT for parent in seen)


async def test_what_strangers_say_is_not_believed() -> None:
    seen: list[str | None] = []

    async def edge(_: object, __: object, ___: object) -> None:
        seen.append(tracing.traceparent())

    scope = {"type": "http", "method": "GET", "headers": [(b"traceparent", _PARENT.encode())]}
    async with tracing.traced("toy", "1", _NOBODY):
        await tracing.TraceMiddleware(edge, trusted=False)(scope, _nothing, _unsaid)
    assert seen[0] and _TRACE not in seen[0]


async def _nothing() -> dict[str, object]:
    return {}


async def _unsaid(_: object) -> None: ...


async def test_off_nothing_happens() -> None:
    with tracing.begun("a", "server"), tracing.step("b"), tracing.continued("c", "consumer", _PARENT):
        assert tracing.traceparent() is None
        assert tracing.passed_on(None) is None
    assert tracing.passed_on({"a": "b"}) == {"a": "b"}


def test_an_endpoint_that_is_none_stops_the_start() -> None:
    with pytest.raises(ValueError, match="must be like http://"):
        ProcessSettings(otlp_endpoint="collector:4318")
