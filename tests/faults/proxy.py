"""A TCP proxy on loopback that hurts what it carries: resets, black holes, a stall of one direction."""

import asyncio
import socket
import struct
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

_CHUNK = 64 * 1024
_RESET = struct.pack("ii", 1, 0)


class Proxy:
    """Runs in a thread of its own, so that blocking code may talk through it.

    `carried` counts connections: a fault that nobody had to reconnect for did not bite.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._up = asyncio.Event()
        self._down = asyncio.Event()
        self._refusing = False
        self._open: set[asyncio.StreamWriter] = set()
        self._pumps: set[asyncio.Task[None]] = set()
        self.carried = 0
        self.port = 0

    def start(self) -> None:
        """Take connections."""
        self._thread.start()
        self._do(self._listen).result()

    def close(self) -> None:
        """End every connection and the thread."""
        self._do(self._end).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def cut(self) -> None:
        """Reset every connection and refuse new ones."""
        self._refusing = True
        self.reset()

    def reset(self) -> None:
        """Reset every connection; new ones are taken."""
        self._loop.call_soon_threadsafe(self._reset)

    def lead_to(self, target: int) -> None:
        """Reset every connection and carry new ones to another port."""
        self._target = target
        self.reset()

    def hold(self) -> None:
        """Nothing passes either way, nothing is closed."""
        self._loop.call_soon_threadsafe(self._up.clear)
        self._loop.call_soon_threadsafe(self._down.clear)

    def hold_answers(self) -> None:
        """What the server says does not arrive; what it is told does."""
        self._loop.call_soon_threadsafe(self._down.clear)

    def heal(self) -> None:
        """All is well again; what was held passes now."""
        self._refusing = False
        self._loop.call_soon_threadsafe(self._up.set)
        self._loop.call_soon_threadsafe(self._down.set)

    def _do(self, work: Callable[[], Any]) -> "Future[Any]":
        return asyncio.run_coroutine_threadsafe(work(), self._loop)

    async def _listen(self) -> None:
        self._up.set()
        self._down.set()
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _end(self) -> None:
        self._server.close()
        self._reset()
        for pump in list(self._pumps):
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    async def _carry(self, near_reader: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        self._open.add(near)
        far = None
        try:
            if self._refusing:
                return
            self.carried += 1
            far_reader, far = await asyncio.open_connection("127.0.0.1", self._target)
            self._open.add(far)
            pumps = [self._pump(near_reader, far, self._up), self._pump(far_reader, near, self._down)]
            tasks = [asyncio.create_task(pump) for pump in pumps]
            self._pumps.update(tasks)
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._pumps.difference_update(tasks)
        except OSError:
            pass  # the server is away: so is whoever asked for it
        finally:
            for writer in (near, far):
                if writer is not None:
                    self._open.discard(writer)
                    writer.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, gate: asyncio.Event) -> None:
        try:
            while data := await reader.read(_CHUNK):
                await gate.wait()
                writer.write(data)
                await writer.drain()
        except OSError:
            pass

    def _reset(self) -> None:
        for writer in list(self._open):
            raw: socket.socket | None = writer.get_extra_info("socket")
            if raw is not None and not writer.is_closing():
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort()
