"""Databases that are migrated once in a session and copied for each test: a copy is a tenth of the work."""

import shutil
from collections.abc import Callable
from pathlib import Path

from shared.migrations import upgrade
from shared.testing.postgres import Postgres


class Migrated:
    """Makes fresh databases of a service; each test's own."""

    def __init__(self, folder: Path, postgres: Callable[[], Postgres]) -> None:
        self._folder = folder
        self._postgres = postgres
        self._originals: dict[tuple[str, str], str] = {}

    def sqlite(self, path: Path, script_location: str) -> str:
        """The URL of a new file at `path`, at the head of these migrations (`services.<name>:migrations`)."""
        original = self._original("sqlite", script_location, self._new_file)
        shutil.copyfile(original.removeprefix("sqlite:///"), path)
        return f"sqlite:///{path}"

    def postgresql(self, script_location: str) -> str:
        """The URL of a new database on the session's server, at the head of these migrations."""
        server = self._postgres()
        return server.create_database(like=self._original("postgresql", script_location, server.create_database))

    def _original(self, kind: str, script_location: str, make: Callable[[], str]) -> str:
        key = (kind, script_location)
        if key not in self._originals:
            url = make()
            upgrade(url, script_location)
            self._originals[key] = url
        return self._originals[key]

    def _new_file(self) -> str:
        return f"sqlite:///{self._folder / f'{len(self._originals)}.db'}"
