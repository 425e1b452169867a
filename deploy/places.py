"""Where a run keeps what must not be lost: each service's database, the folder of contents, the secrets."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.local.credentials import SERVICES


class Refused(Exception):
    """Why a command can't do what it was asked to, in one sentence for the person at the terminal."""


@dataclass(frozen=True)
class Places:
    """As `python -m deploy.local` lays them out: one folder, and databases that the environment may move elsewhere."""

    folder: Path
    databases: Mapping[str, str]

    @staticmethod
    def told(folder: Path | None = None, environment: Mapping[str, str] = os.environ) -> "Places":
        """From VAR_DIR, AUTH_DATABASE_URL, ROOMS_DATABASE_URL and so on, as the local run reads them."""
        home = (folder or Path(environment.get("VAR_DIR") or "var")).resolve()
        databases = {name: environment.get(f"{name.upper()}_DATABASE_URL") or _inside(home, name) for name in SERVICES}
        return Places(home, databases)

    @property
    def secrets(self) -> Path:
        """Keys and passwords, for the owner only."""
        return self.folder / "secrets.json"

    @property
    def contents(self) -> Path:
        """Uploaded contents, when they are not in S3."""
        return self.folder / "files" / "blobs"

    def sqlite_file(self, service: str) -> Path | None:
        """The file of a SQLite database; None for another kind."""
        kind, _, path = self.databases[service].partition(":///")
        return Path(path) if kind.startswith("sqlite") else None


def own_sqlite(folder: Path, service: str) -> Path:
    """Where the local run keeps a service's SQLite file."""
    return folder / service / f"{service}.sqlite3"


def _inside(home: Path, service: str) -> str:
    return f"sqlite:///{own_sqlite(home, service)}"
