"""A clamd that knows EICAR's test string: a real one where it is installed, else the server that speaks as it does."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from services.files.tests.fake_clamd import EICAR, clamd_running
from shared.testing.processes import die_with_parent, free_port
from shared.testing.waiting import eventually

MOST = 1024 * 1024
_START_SECONDS = 60.0
_WHERE = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"  # where daemons are, on the path or not


@asynccontextmanager
async def best_clamd_running(folder: Path) -> AsyncIterator[int]:
    """Its port. It takes `MOST` bytes at a time."""
    binary = shutil.which("clamd", path=_WHERE)
    if binary is None:
        async with clamd_running() as fake:
            fake.most = MOST
            yield fake.port
        return
    port = free_port()
    process = _started(binary, folder, port)
    try:
        await eventually(lambda: _answers(process, port), within=_START_SECONDS)
        yield port
    finally:
        process.kill()
        process.wait()


def _started(binary: str, folder: Path, port: int) -> "subprocess.Popen[bytes]":
    command = [binary, "-c", str(_config(folder, port))]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(command, stdout=log, stderr=log, preexec_fn=die_with_parent)


def _config(folder: Path, port: int) -> Path:
    """Its settings, and a database of one signature: the content anywhere in any file."""
    signatures = folder / "signatures"
    signatures.mkdir()
    (signatures / "eicar.ndb").write_text(f"Eicar-Test-Signature:0:*:{EICAR.hex()}\n")
    config = folder / "clamd.conf"
    told = {
        "DatabaseDirectory": signatures,
        "TemporaryDirectory": folder,
        "TCPSocket": port,
        "TCPAddr": "127.0.0.1",
        "StreamMaxLength": MOST,
        "Foreground": "yes",
    }
    config.write_text("".join(f"{name} {value}\n" for name, value in told.items()))
    return config


async def _answers(process: "subprocess.Popen[bytes]", port: int) -> bool:
    if process.poll() is not None:
        raise RuntimeError(f"clamd ended with {process.returncode}")
    with suppress(OSError, asyncio.IncompleteReadError):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(b"zPING\0")
            return await reader.readuntil(b"\0") == b"PONG\0"
        finally:
            writer.close()
    return False
