"""The folder that a local run keeps everything in, and the lock that makes it one run's alone."""

import fcntl
import os
from pathlib import Path
from typing import TextIO


class CannotStart(Exception):
    """Why the run can't begin, in one sentence for the person at the terminal."""


class Folder:
    """`var/`, readable by its owner only."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self._lock: TextIO | None = None

    def take(self) -> None:
        """Make the folder and hold its lock until this process ends, however it ends."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self.path.chmod(0o700)
            self._lock = (self.path / "lock").open("a+")
        except OSError as error:
            raise CannotStart(
                f"Can't write to {self.path} ({error.strerror}); set VAR_DIR to a folder you own."
            ) from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.seek(0)
            holder = self._lock.read().strip() or "unknown"
            raise CannotStart(f"Parley runs already in {self.path} (process {holder}); stop it first.") from None
        self._lock.truncate(0)
        self._lock.write(str(os.getpid()))
        self._lock.flush()

    def inside(self, *parts: str) -> Path:
        """A folder within, made for the owner only."""
        path = self.path.joinpath(*parts)
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path
