"""The service as a process of its own, to be killed."""

import os
import subprocess
import sys
from pathlib import Path

import httpx

from services.files.settings import Settings
from shared.testing.plugin import CALLER_SECRET
from shared.testing.processes import die_with_parent, free_port
from shared.testing.waiting import eventually


class Process:
    """`python -m services.files serve`, with these settings and what is added to them."""

    def __init__(self, settings: Settings, folder: Path, **more: str) -> None:
        self.port = free_port()
        self.root = settings.files_root
        self._log = folder / "files.log"
        self._environment = os.environ | {
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "DATABASE_URL": settings.database_url,
            "NATS_URL": settings.nats_url,
            "CALLER_SECRET": CALLER_SECRET,
            "FILES_ROOT": str(settings.files_root),
            **more,
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Start it and wait until it is ready."""
        self._spawn()
        await eventually(self._ready, within=60)

    def kill(self) -> None:
        """kill -9."""
        self._end(9)

    def stop(self) -> int:
        """SIGTERM, and the exit status."""
        return self._end(15)

    def left(self) -> list[str]:
        """Names of all contents on disk, finished or not."""
        return [path.name for path in self.root.rglob("*") if path.is_file()]

    def arriving(self) -> list[str]:
        """Names of those that are on their way."""
        return [path.name for path in (self.root / "arriving").iterdir()]

    def has(self, library: str) -> bool:
        """Whether the process has a shared object of this library in memory."""
        assert self._process is not None
        return library in Path(f"/proc/{self._process.pid}/maps").read_text()

    async def _ready(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self._log.read_text()[-4000:]
        try:
            async with httpx.AsyncClient() as client:
                return (await client.get(f"{self.url}/readyz")).status_code == 200
        except httpx.TransportError:
            return False

    def _spawn(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "services.files", "serve"],
                env=self._environment,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent,
            )

    def _end(self, how: int) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(how)
        return process.wait(timeout=30)
