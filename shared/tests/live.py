"""The toy behind a real server and a real socket, with less patience than in production."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from shared.server import Server, make_server
from shared.tests import toy
from shared.web.protocol import LimitedHttpProtocol


class Impatient(LimitedHttpProtocol):
    """So that a test of slowness is quick."""

    HEAD_SECONDS = 0.3
    BODY_SECONDS = 0.3
    DISCARD_SECONDS = 0.3


@asynccontextmanager
async def served(app: Any = toy.app, **options: Any) -> AsyncIterator[Server]:
    """The toy, or another application, listening on a free port of the loopback."""
    server = make_server(app, toy.settings, http=Impatient, **options)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.005)
    try:
        yield server
    finally:
        server.should_exit = True
        await serving


async def exchange(server: Server, *pieces: bytes, pause: float = 0.0, patience: float = 5.0) -> bytes:
    """Send the pieces, and return all that comes until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        async with asyncio.timeout(patience):
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(pause)
            return await reader.read()
    finally:
        writer.close()


def head(
    request_line: str = "GET /healthz HTTP/1.1", *headers: str, host: str | None = "toy", end: bool = True
) -> bytes:
    """A request head."""
    lines = [request_line, *([f"Host: {host}"] if host else []), *headers]
    return ("\r\n".join(lines) + ("\r\n\r\n" if end else "\r\n")).encode("latin-1")


def called(*headers: str) -> list[str]:
    """Headers with the gateway's word among them."""
    return [*(f"{name}: {value}" for name, value in toy.caller_headers().items()), *headers]


def status(answer: bytes) -> int:
    """The status of the first answer in `answer`."""
    version, _, rest = answer.partition(b" ")
    assert version == b"HTTP/1.1", answer[:200]
    return int(rest[:3])
