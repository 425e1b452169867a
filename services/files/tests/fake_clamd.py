"""A server that speaks clamd's INSTREAM over a real socket and knows one signature: EICAR's test string."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from struct import unpack

# Written in two halves, so that no scanner takes this file for the thing itself.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR" + b"-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class FakeClamd:
    """What it has seen, and how it behaves."""

    def __init__(self) -> None:
        self.port = 0
        self.scanned: list[int] = []
        self.reply: bytes | None = None
        self.most = 1 << 30
        self.answers = True

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, as clamd has it."""
        try:
            if await reader.readuntil(b"\0") != b"zINSTREAM\0":
                writer.write(b"UNKNOWN COMMAND\0")
                return
            reply = await self._scan(reader)
            if self.answers:
                writer.write((self.reply or reply) + b"\0")
                await writer.drain()
            else:
                await reader.read()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _scan(self, reader: asyncio.StreamReader) -> bytes:
        content = b""
        while size := unpack(">I", await reader.readexactly(4))[0]:
            content += await reader.readexactly(size)
            if len(content) > self.most:
                return b"INSTREAM size limit exceeded. ERROR"
        self.scanned.append(len(content))
        return b"stream: Eicar-Test-Signature FOUND" if EICAR in content else b"stream: OK"


@asynccontextmanager
async def clamd_running() -> AsyncIterator[FakeClamd]:
    """It, listening."""
    clamd = FakeClamd()
    server = await asyncio.start_server(clamd.converse, "127.0.0.1", 0)
    clamd.port = server.sockets[0].getsockname()[1]
    async with server:
        yield clamd
