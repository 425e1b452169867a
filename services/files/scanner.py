"""Viruses: clamd's INSTREAM. Nothing is kept that it has not called clean, and nothing while it can't be asked."""

import asyncio
from struct import pack
from typing import BinaryIO

import structlog

from shared.problems import Invalid, Unavailable

_log = structlog.get_logger(__name__)
_CONNECT_SECONDS = 2.0
_IDLE_SECONDS = 30.0
_PIECE = 128 * 1024
_LONGEST_REPLY = 4096


class Scanner:
    """Asks a clamd; without one, everything passes."""

    def __init__(self, host: str, port: int) -> None:
        self.is_on = bool(host)
        self._host = host
        self._port = port

    async def scan(self, file: BinaryIO) -> None:
        """Return when the content is clean. Raises Invalid when it is not, Unavailable when nobody can tell."""
        if not self.is_on:
            return
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                reader, writer = await asyncio.open_connection(self._host, self._port, limit=_LONGEST_REPLY)
        except (OSError, TimeoutError) as exc:
            raise _away(exc) from exc
        try:
            _judge(await _instream(reader, writer, file))
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as exc:
            raise _away(exc) from exc
        finally:
            writer.close()


async def _instream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, file: BinaryIO) -> str:
    writer.write(b"zINSTREAM\0")
    while piece := await asyncio.to_thread(file.read, _PIECE):
        writer.write(pack(">I", len(piece)) + piece)
        async with asyncio.timeout(_IDLE_SECONDS):
            await writer.drain()
    writer.write(pack(">I", 0))
    async with asyncio.timeout(_IDLE_SECONDS):
        reply = await reader.readuntil(b"\0")
    return reply.rstrip(b"\0").decode("utf-8", "replace").strip()


def _judge(reply: str) -> None:
    if reply == "stream: OK":
        return
    if reply.endswith(" FOUND"):
        name = reply.removeprefix("stream: ").removesuffix(" FOUND")
        _log.warning("a virus was refused", signature=name[:100])
        raise Invalid("infected", "The file carries malware and was not kept.")
    raise OSError(f"clamd answers {reply[:100]}")


def _away(reason: BaseException) -> Unavailable:
    _log.error("a content can't be scanned", error=repr(reason))
    return Unavailable("Files can't be checked for viruses at the moment.", retry_after=5)
