"""An S3 that is there and of no use."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

# The service gives up after 2.5 s; what is above is for tests that run beside. A content's own reading would wait 30 s.
GIVEN_UP = 25.0


@asynccontextmanager
async def answering(answer: bytes) -> AsyncIterator[str]:
    """The endpoint of a server that answers every request with these bytes, or with none never."""
    open_connections: set[asyncio.StreamWriter] = set()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_connections.add(writer)
        try:
            while (line := await reader.readline()) != b"":
                if line == b"\r\n" and answer:
                    writer.write(answer)
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(converse, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for writer in open_connections:
            writer.transport.abort()
        await server.wait_closed()
        await asyncio.sleep(0)
