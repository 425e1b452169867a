"""One process of the local run: its command, its environment, how to tell that it is ready, and its log lines."""

import asyncio
import ctypes
import json
import os
import signal
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from deploy.local.terminal import Terminal

_PR_SET_PDEATHSIG = 1
_STOP_SECONDS = 12.0
_LONGEST_LINE = 64 * 1024
_LAST_WORDS = 5
_OURS_TO_TELL = frozenset(
    {"PORT", "HOST", "NATS_USER", "NATS_PASSWORD", "CALLER_SECRET", "SECRET_KEY", "AUTH_ADMIN_PASSWORD", "SECRETS_DIR"}
)

Probe = Callable[[], Awaitable[bool]]


@dataclass
class Program:
    """What to run. `needs` are the programs that must be ready before it starts.

    Of a `quiet` one only the last lines are shown, and only when it ended before it was ready.
    """

    name: str
    command: Sequence[str]
    ready: Probe
    environment: Mapping[str, str] = field(default_factory=dict)
    needs: Sequence[str] = ()
    quiet: bool = False


class Running:
    """A started program."""

    def __init__(self, program: Program, process: asyncio.subprocess.Process, terminal: Terminal) -> None:
        self.program = program
        self.process = process
        self._terminal = terminal
        self._last_words: deque[str] = deque(maxlen=_LAST_WORDS)
        self._output = asyncio.create_task(self._show_output())

    @classmethod
    async def start(cls, program: Program, terminal: Terminal) -> "Running":
        """Start it; it dies with this process."""
        process = await asyncio.create_subprocess_exec(
            *program.command,
            env={**_inherited(), **program.environment},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=_LONGEST_LINE,
            preexec_fn=partial(_die_with_parent, os.getpid()) if sys.platform == "linux" else None,
            start_new_session=True,
        )
        return cls(program, process, terminal)

    async def ended(self) -> int:
        """Its exit status, once it has ended and all it said has been shown."""
        status = await self.process.wait()
        await self._output
        return status

    async def stop(self) -> None:
        """Ask it to stop, and insist after a while."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(self.process.wait(), _STOP_SECONDS)
            except TimeoutError:
                self._terminal.say(self.program.name, f"did not stop within {_STOP_SECONDS:.0f} s and was killed")
                self.process.kill()
        await self.ended()

    @property
    def last_line(self) -> str:
        """What it said last, if it said anything."""
        return self._last_words[-1] if self._last_words else ""

    def show_last_words(self) -> None:
        """What a quiet program said at its end; of others it has been shown."""
        if self.program.quiet:
            for text in self._last_words:
                self._terminal.line(self.program.name, text)

    async def _show_output(self) -> None:
        assert self.process.stdout is not None
        while True:
            try:
                line = await self.process.stdout.readline()
            except ValueError:  # longer than the limit: what was read so far is dropped
                continue
            if not line:
                return
            text = line.decode(errors="replace").rstrip()
            self._last_words.append(text)
            if not self.program.quiet:
                self._terminal.line(self.program.name, text)


async def answers_as(host: str, port: int, service: str, instance: str) -> bool:
    """Whether `/readyz` there is ready and is the very process we started, and not another's."""
    try:
        async with asyncio.timeout(3):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                head, _, body = (await reader.read(-1)).partition(b"\r\n\r\n")
            finally:
                writer.close()
        told = json.loads(body)
        return b" 200 " in head.split(b"\r\n", 1)[0] and (told["service"], told["instance"]) == (service, instance)
    except (OSError, TimeoutError, ValueError, KeyError, TypeError):
        return False


async def is_nats(host: str, port: int) -> bool:
    """Whether a NATS server greets there."""
    try:
        async with asyncio.timeout(2):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                return (await reader.readline()).startswith(b"INFO ")
            finally:
                writer.close()
    except (OSError, TimeoutError, ValueError):
        return False


def _inherited() -> dict[str, str]:
    """What a program gets of our environment: all but what would point it somewhere else, and others' secrets."""
    return {
        name: value
        for name, value in os.environ.items()
        if name not in _OURS_TO_TELL and not name.endswith(("DATABASE_URL", "_CALLER_SECRET"))
    }


def _die_with_parent(parent: int) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended in between
        os._exit(1)
