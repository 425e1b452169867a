"""Who is behind a port: the very process that was started, and nobody else."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from deploy.local.program import answers_as, is_nats
from deploy.tests.programs import pid
from shared.testing.nats import NatsServer
from shared.testing.processes import free_port
from shared.testing.waiting import eventually

_PARENT = """
import asyncio, io, pathlib, sys
from deploy.local.program import Running
from deploy.local.terminal import Terminal
from deploy.tests.programs import steady
async def main():
    await Running.start(steady("auth", pathlib.Path(sys.argv[1])), Terminal(io.StringIO()))
    await asyncio.Event().wait()
asyncio.run(main())
"""

Answering = Callable[[bytes], AbstractAsyncContextManager[int]]


@pytest.fixture
def answering() -> Answering:
    """A server that gives everybody the same answer; its port."""

    @asynccontextmanager
    async def serve(answer: bytes) -> AsyncIterator[int]:
        served: list[asyncio.Task[None]] = []

        async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(answer)
            writer.write_eof()
            await reader.read()  # until they go: an early close would take the answer back
            writer.close()
            await writer.wait_closed()

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            served.append(asyncio.create_task(speak(reader, writer)))

        async with await asyncio.start_server(accept, "127.0.0.1", 0) as server:
            yield server.sockets[0].getsockname()[1]
            await asyncio.gather(*served, return_exceptions=True)

    return serve


def _http(status: int, body: object) -> bytes:
    return f"HTTP/1.1 {status} said\r\nContent-Type: application/json\r\n\r\n{json.dumps(body)}".encode()


async def test_the_process_that_was_started_is_recognised(answering: Answering) -> None:
    async with answering(_http(200, {"service": "auth", "instance": "ours"})) as port:
        assert await answers_as("127.0.0.1", port, "auth", "ours")
        assert not await answers_as("127.0.0.1", port, "auth", "another start's")
        assert not await answers_as("127.0.0.1", port, "rooms", "ours")


@pytest.mark.parametrize(
    "answer",
    [
        _http(503, {"service": "auth", "instance": "ours"}),
        _http(200, {"service": "auth"}),
        _http(200, ["auth", "ours"]),
        _http(200, None),
        b"HTTP/1.1 200 OK\r\n\r\nhello",
        b"SSH-2.0-somebody\r\n",
        b"",
    ],
    ids=["not ready", "no instance", "a list", "null", "no json", "another protocol", "nothing"],
)
async def test_anything_else_is_not_it(answering: Answering, answer: bytes) -> None:
    async with answering(answer) as port:
        assert not await answers_as("127.0.0.1", port, "auth", "ours")


async def test_nobody_is_not_it() -> None:
    port = free_port()
    assert not await answers_as("127.0.0.1", port, "auth", "ours")
    assert not await is_nats("127.0.0.1", port)


async def test_a_broker_is_told_from_other_servers(nats_server: NatsServer, answering: Answering) -> None:
    assert await is_nats("127.0.0.1", nats_server.port)
    async with answering(_http(200, {})) as port:
        assert not await is_nats("127.0.0.1", port)


if sys.platform == "linux":

    async def test_a_program_dies_with_who_started_it(tmp_path: Path) -> None:
        command = [sys.executable, "-c", _PARENT, str(tmp_path)]
        parent = await asyncio.create_subprocess_exec(*command)
        child = await eventually(lambda: pid("auth", tmp_path))
        parent.send_signal(signal.SIGKILL)
        await parent.wait()
        await eventually(lambda: not _lives(child))

    def _lives(process: int) -> bool:
        try:
            return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        except FileNotFoundError:
            return False
