"""Traces by OTLP over HTTP, into a collector of the test's own: one trace from a send over messaging to the sockets."""

import asyncio
import gzip
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from shared.testing.waiting import eventually
from tests.faults.arena import Arena, running
from tests.system.parley import ROOT
from tests.system.person import register


class Collector:
    """What an OpenTelemetry collector is to a process that sends traces."""

    def __init__(self) -> None:
        self.raw: list[bytes] = []
        self.spans: dict[str, list[tuple[str, str]]] = {}
        self.url = ""

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Collector"]:
        """Listen on a free port."""
        app = web.Application()
        app.router.add_post("/v1/traces", self._take)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            await runner.cleanup()

    def trace_of(self, *wanted: tuple[str, str]) -> list[tuple[str, str]]:
        """The spans of the first trace that has all of these (service, name); empty when there is none."""
        return next((spans for spans in self.spans.values() if set(wanted) <= set(spans)), [])

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        raw = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
        self.raw.append(raw)
        for resource in ExportTraceServiceRequest.FromString(raw).resource_spans:
            names = {one.key: one.value.string_value for one in resource.resource.attributes}
            for scope in resource.scope_spans:
                for span in scope.spans:
                    self.spans.setdefault(span.trace_id.hex(), []).append((names["service.name"], span.name))
        return web.Response(content_type="application/x-protobuf")


_STEPS = (
    ("parley-gateway", "rpc.messaging.commands"),
    ("parley-messaging", "rpc.messaging.commands"),
    ("parley-messaging", "commit"),
    ("parley-moderation", "rpc.moderation.review"),
    ("parley-messaging", "publish entries"),
    ("parley-gateway", "write to sockets"),
)


async def test_one_trace_leads_from_a_send_to_the_sockets_and_tells_no_secret(tmp_path: Path) -> None:
    canary = f"canary{secrets.token_hex(8)}"
    async with Collector().running() as collector:
        arena = Arena(tmp_path, {"PARLEY_OTLP_ENDPOINT": collector.url})
        async with running(arena):
            anna = await register(arena.parley.base, "anna")
            room = await anna.create_room()
            async with anna.socket(f"/ws/{room['id']}") as socket:
                await socket.until("ready")
                await socket.send(type="message.send", client_id=canary, content=f"{canary} by socket")
                await socket.until("message.created")
                said = {"client_id": f"{canary}2", "content": f"{canary} by HTTP"}
                await anna.call("POST", f"/rooms/{room['id']}/messages", 201, json=said, headers={"X-Canary": canary})
                await anna.call("GET", f"/rooms/{room['id']}/search", 200, params={"q": canary})
            await eventually(lambda: collector.trace_of(*_STEPS), within=30)
            over_http = ("POST /rooms/{room_id}/messages", "POST /api/v1/rooms/{room_id}/messages")
            await eventually(
                lambda: collector.trace_of(
                    ("parley-gateway", over_http[0]),
                    ("parley-gateway", "ask messaging"),
                    ("parley-messaging", over_http[1]),
                    *_STEPS[2:],
                ),
                within=30,
            )
        everything = b"".join(collector.raw)
    for secret in (canary, anna.token, anna.tokens["refresh_token"], anna.username):
        assert secret.encode() not in everything
    assert b"search?" not in everything and b"uthorization" not in everything


async def test_without_an_endpoint_nothing_of_it_is_loaded() -> None:
    script = (
        "import sys, services.messaging.app, services.gateway.app, shared.server\n"
        "print([name for name in sys.modules if name.startswith(('opentelemetry.sdk', 'opentelemetry.exporter', "
        "'google.protobuf', 'requests'))])"
    )
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
