"""The folder that a local run keeps everything in, and the lock that makes it one run's alone."""

import fcntl
import json
import os
from collections.abc import Mapping
from pathlib import Path

_LOCK = "lock"
URLS = "urls.json"


class CannotStart(Exception):
    """Why the run can't begin, in one sentence for the person at the terminal."""


class Folder:
    """`var/`, readable by its owner only."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()

    def take(self) -> None:
        """Make the folder and hold its lock until this process ends, however it ends."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            if not (self.path / _LOCK).exists() and any(self.path.iterdir()):
                raise CannotStart(f"{self.path} holds something else; set VAR_DIR to a folder of Parley's own.")
            self.path.chmod(0o700)
            lock = os.open(self.path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise CannotStart(
                f"Can't write to {self.path} ({error.strerror}); set VAR_DIR to a folder you own."
            ) from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(lock, 20).decode(errors="replace").strip() or "unknown"
            os.close(lock)
            raise CannotStart(f"Parley runs already in {self.path} (process {holder}); stop it first.") from None
        os.truncate(lock, 0)
        os.write(lock, str(os.getpid()).encode())

    def inside(self, *parts: str) -> Path:
        """A folder within, made for the owner only."""
        path = self.path.joinpath(*parts)
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise CannotStart(f"Can't make the folder {path} ({error.strerror}).") from None
        return path

    def note_urls(self, urls: Mapping[str, str]) -> None:
        """Where each program of this run listens, for `python -m deploy.doctor`."""
        try:
            (self.path / URLS).write_text(json.dumps(urls, indent=2))
        except OSError as error:
            raise CannotStart(f"Can't write to {self.path} ({error.strerror}).") from None
